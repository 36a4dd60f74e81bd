/** Where a picture is drawn: with a mouse, a finger, a pen, or the keys of a keyboard. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { text } from "../text";
import { pictureClass } from "../ui/picture";
import type { Drawing, Stroke } from "./drawing";
import type { Place } from "./raster";

interface Props {
  readonly drawing: Drawing;
  readonly stroke: Stroke;
  /** Where nothing can be drawn, as while the camera is on. */
  readonly still?: boolean;
}

export function Board({ drawing, stroke, still = false }: Props): JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  const { canvas } = drawing;
  const { width, height } = canvas;
  const keys = useKeys(drawing, stroke, still);
  const pointer = usePointer(drawing, stroke, still);
  useEffect(() => {
    holder.current?.append(canvas);
    return () => canvas.remove();
  }, [canvas]);
  useEffect(() => {
    canvas.className = pictureClass({ width, height });
    canvas.setAttribute("aria-hidden", "true");
  }, [canvas, width, height]);
  const [x, y] = keys.place;
  return (
    <div
      class="board"
      tabIndex={0}
      role="application"
      aria-label={text.draw.board(stroke.tool)}
      aria-describedby="board-place"
      data-still={still}
      style={{ aspectRatio: `${width} / ${height}`, maxWidth: `min(100%, ${(66 * width) / height}dvh)` }}
      {...pointer}
      onKeyDown={keys.pressed}
      onKeyUp={keys.released}
      onBlur={keys.lift}
    >
      <div ref={holder} />
      <span
        class="pen-place"
        data-down={keys.down}
        style={{
          left: `${(100 * x) / width}%`,
          top: `${(100 * y) / height}%`,
          width: `max(9px, ${(100 * stroke.size) / width}%)`,
        }}
      />
      <span id="board-place" class="hidden" aria-live="polite">
        {text.draw.place(Math.floor(x), Math.floor(y), keys.down)}
      </span>
    </div>
  );
}

interface Pointer {
  onPointerDown(event: PointerEvent & { readonly currentTarget: HTMLDivElement }): void;
  onPointerMove(event: PointerEvent): void;
  onPointerUp(): void;
  onPointerCancel(): void;
}

function usePointer(drawing: Drawing, stroke: Stroke, still: boolean): Pointer {
  const last = useRef<Place | undefined>(undefined);
  const lift = (): void => {
    last.current = undefined;
  };
  const placeOf = ({ clientX, clientY }: PointerEvent): Place => {
    const box = drawing.canvas.getBoundingClientRect();
    const { width, height } = drawing.canvas;
    return [((clientX - box.left) / box.width) * width, ((clientY - box.top) / box.height) * height];
  };
  return {
    onPointerDown(event) {
      if (event.button !== 0 || still) {
        return;
      }
      event.currentTarget.setPointerCapture(event.pointerId);
      last.current = placeOf(event);
      drawing.begin();
      if (stroke.tool !== "rectangle") {
        drawing.draw(stroke, last.current, last.current);
      }
    },
    onPointerMove(event) {
      const before = last.current;
      if (before === undefined || stroke.tool === "fill") {
        return;
      }
      if (stroke.tool === "rectangle") {
        drawing.restart();
        drawing.draw(stroke, before, placeOf(event));
        return;
      }
      const steps = event.getCoalescedEvents?.() ?? [];
      for (const step of steps.length > 0 ? steps : [event]) {
        const next = placeOf(step);
        drawing.draw(stroke, last.current!, next);
        last.current = next;
      }
    },
    onPointerUp: lift,
    onPointerCancel: lift,
  };
}

interface Keys {
  readonly place: Place;
  /** Whether moving draws, or a rectangle has its first corner. */
  readonly down: boolean;
  pressed(event: KeyboardEvent): void;
  released(event: KeyboardEvent): void;
  lift(): void;
}

/** Arrow keys move a cursor; space draws for as long as it is held, and the enter key until it is pressed again. */
function useKeys(drawing: Drawing, stroke: Stroke, still: boolean): Keys {
  const { width, height } = drawing.canvas;
  const [at, setAt] = useState<Place>([0.5, 0.5]);
  const [down, setDown] = useState(false);
  const corner = useRef<Place>([0, 0]);
  const place: Place = [at[0] * width, at[1] * height];
  const begin = (): void => {
    drawing.begin();
    corner.current = place;
    if (stroke.tool !== "rectangle") {
      drawing.draw(stroke, place, place);
    }
    setDown(stroke.tool !== "fill");
  };
  const moveBy = (x: number, y: number): void => {
    const clip = (value: number, length: number): number => Math.min(length - 0.5, Math.max(0.5, value));
    const next: Place = [clip(place[0] + x, width), clip(place[1] + y, height)];
    setAt([next[0] / width, next[1] / height]);
    if (down && stroke.tool === "rectangle") {
      drawing.restart();
      drawing.draw(stroke, corner.current, next);
    } else if (down) {
      drawing.draw(stroke, place, next);
    }
  };
  return {
    place,
    down,
    pressed(event) {
      const step = Math.max(1, Math.round(Math.max(width, height) / 64)) * (event.shiftKey ? 6 : 1);
      const by = { ArrowRight: [step, 0], ArrowLeft: [-step, 0], ArrowDown: [0, step], ArrowUp: [0, -step] }[event.key];
      const isHistory = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
      if (still || (by === undefined && event.key !== " " && event.key !== "Enter" && !isHistory)) {
        return;
      }
      event.preventDefault();
      if (by !== undefined) {
        moveBy(by[0]!, by[1]!);
      } else if (isHistory) {
        event.shiftKey ? drawing.redo() : drawing.undo();
      } else if (!event.repeat && !down) {
        begin();
      } else if (!event.repeat) {
        setDown(false);
      }
    },
    released({ key }) {
      if (key === " " && stroke.tool !== "rectangle") {
        setDown(false);
      }
    },
    lift: () => setDown(false),
  };
}
