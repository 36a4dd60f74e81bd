/** One frame of a film. */

import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import { text } from "../../text";
import type { Film, Frame } from "./film";
import { drawPoints, type Layer } from "./point_drawing";

const SIDE = 640;

interface Props {
  readonly film: Film;
  readonly frame: Frame;
  readonly layers: ReadonlySet<Layer>;
}

export function Stage({ film, frame, layers }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current === null) {
      return;
    }
    const { picture, points } = frame;
    canvas.current.width = picture?.width ?? SIDE;
    canvas.current.height = picture?.height ?? SIDE;
    if (picture !== undefined) {
      canvas.current.getContext("2d")?.drawImage(picture, 0, 0);
    } else if (points !== undefined) {
      drawPoints(canvas.current, film, points, layers);
    }
  }, [film, frame, layers]);
  const what = film.kind === "points" ? text.learned.points(frame.epoch) : text.learned.samples(frame.epoch);
  return (
    <canvas
      ref={canvas}
      class={film.kind === "points" ? "picture moment" : "picture pixels moment"}
      role="img"
      aria-label={what}
      data-epoch={frame.epoch}
    />
  );
}
