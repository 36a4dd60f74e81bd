/** A plane through the latent space: pictures all over it, codes as dots, and the picture under the pointer. */

import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { drawTile } from "../../codes/atlas";
import { text } from "../../text";
import { coordinates, movedTo, type Vector } from "./geometry";
import { drawDots, drawPath, usePlaneMap } from "./plane_drawing";
import type { Space } from "./space";

const SIDE = 720;
/** Distance in shown pixels at which a dot is under the pointer. */
const NEAR = 9;
const TILE = 88;

interface Props {
  readonly space: Space;
  readonly points: readonly Vector[];
  /** Shows a latent for as long as the pointer is there; undefined where it has left. */
  preview(latent: Vector | undefined): void;
}

export function PlaneView({ space, points, preview }: Props): JSX.Element {
  const { plane, latent, codes } = space;
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const tip = useRef<HTMLCanvasElement>(null);
  const [over, setOver] = useState<{ code: number; left: number; top: number }>();
  const map = usePlaneMap(space);
  const named = space.bundle.manifest.classes;

  useLayoutEffect(() => {
    const context = below.current?.getContext("2d");
    if (context) {
      context.clearRect(0, 0, SIDE, SIDE);
      map.draw(context, SIDE);
      drawDots(context, space, SIDE);
    }
  }, [map.version, plane, codes, space.near]);
  useLayoutEffect(() => {
    const context = above.current?.getContext("2d");
    if (context) {
      context.clearRect(0, 0, SIDE, SIDE);
      drawPath(context, space, points, SIDE);
    }
  }, [plane, latent, points]);
  useEffect(() => {
    const context = tip.current?.getContext("2d");
    if (context && over && codes?.atlas) {
      drawTile(context, codes.atlas, over.code, TILE);
    }
  }, [over?.code]);

  const placeOf = ({ clientX, clientY }: PointerEvent): { at: [number, number]; left: number; top: number } => {
    const box = above.current!.getBoundingClientRect();
    const [left, top] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    const clip = (share: number): number => Math.min(1, Math.max(0, share)) * 2 - 1;
    return { at: [clip(left) * plane.reach, -clip(top) * plane.reach], left, top };
  };
  const moved = (event: PointerEvent): void => {
    const { at, left, top } = placeOf(event);
    const box = above.current!.getBoundingClientRect();
    const code = nearest(space, at, (NEAR / box.width) * 2 * plane.reach);
    setOver(code === undefined ? undefined : { code, left, top });
    preview(movedTo(plane, latent, at));
    if (event.pointerType === "touch" || event.buttons === 1) {
      space.go(movedTo(plane, latent, at));
    }
  };
  const chosen = (event: PointerEvent): void => {
    const { at } = placeOf(event);
    above.current?.setPointerCapture(event.pointerId);
    space.go(
      over && codes
        ? codes.data.slice(over.code * codes.size, (over.code + 1) * codes.size)
        : movedTo(plane, latent, at),
    );
  };
  const pressed = (event: KeyboardEvent): void => {
    const step = (event.shiftKey ? 0.2 : 0.04) * plane.reach;
    const by = { ArrowRight: [step, 0], ArrowLeft: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      const [across, up] = coordinates(plane, latent);
      const clip = (value: number): number => Math.min(plane.reach, Math.max(-plane.reach, value));
      space.go(movedTo(plane, latent, [clip(across + by[0]!), clip(up + by[1]!)]));
    }
  };
  const [across, up] = coordinates(plane, latent);
  return (
    <div
      class="plane"
      tabIndex={0}
      role="application"
      aria-label={text.latent.plane}
      aria-describedby="plane-place"
      onPointerMove={moved}
      onPointerDown={chosen}
      onPointerLeave={() => {
        setOver(undefined);
        preview(undefined);
      }}
      onKeyDown={pressed}
    >
      <canvas ref={below} width={SIDE} height={SIDE} aria-hidden="true" />
      <canvas ref={above} width={SIDE} height={SIDE} aria-hidden="true" />
      {over && codes?.atlas && (
        <span class="tip" style={{ left: `${over.left * 100}%`, top: `${over.top * 100}%` }}>
          <canvas ref={tip} width={TILE} height={TILE} aria-hidden="true" />
          {codes.labels && <small>{named[codes.labels[over.code] ?? -1] ?? codes.labels[over.code]}</small>}
        </span>
      )}
      <span id="plane-place" class="hidden" aria-live="polite">
        {text.latent.place(across, up)}
      </span>
    </div>
  );
}

/** The code whose dot is nearest to a place on the plane, and near. */
function nearest({ codes, plane }: Space, [across, up]: [number, number], most: number): number | undefined {
  let found: number | undefined;
  let least = most;
  for (let row = 0; row < (codes?.count ?? 0); row += 1) {
    const [x, y] = coordinates(plane, codes!.data, row);
    const distance = Math.hypot(x - across, y - up);
    if (distance < least) {
      [found, least] = [row, distance];
    }
  }
  return found;
}
