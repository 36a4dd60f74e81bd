/** What is drawn on a plane: pictures, dots, and the points of a path. */

import { pictureAt } from "keras-gen";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Bytes } from "../../network/calls";
import { useNotify } from "../../ui/notices";
import { imageData } from "../../ui/picture";
import { colourOf } from "./colours";
import { alongPath, coordinates, movedTo, type Plane, type Vector } from "./geometry";
import type { Space } from "./space";

/** A moment without changes, after which the pictures are computed again. */
const PAUSE = 180;
const MOMENT = 30;
const STEPS_BETWEEN_POINTS = 24;

export interface PlaneMap {
  /** Grows whenever there is more to draw. */
  readonly version: number;
  draw(context: CanvasRenderingContext2D, side: number): void;
}

/** Pictures of the plane through the latent, row by row, as they come. */
export function usePlaneMap(space: Space): PlaneMap {
  const { plane, latent, decode, bundle } = space;
  const notify = useNotify();
  const [version, grown] = useState(0);
  const canvas = useRef<OffscreenCanvas>(null);
  const { height, width } = bundle.manifest.image;
  const cells = cellsOf(Math.max(height, width));
  // Where the plane lies: moving along it changes none of its pictures.
  const { reach } = plane;
  const place = movedTo(plane, latent, [0, 0])
    .map((value) => Math.round(value * 1e3) / 1e3)
    .join();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const fill = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, canvas.current === null ? 0 : PAUSE));
      const fresh = new OffscreenCanvas(cells * width, cells * height);
      const context = fresh.getContext("2d");
      const centre = (cell: number): number => ((cell + 0.5) / cells) * 2 - 1;
      const order = fromTheMiddle(cells).flatMap((row) => Array.from({ length: cells }, (_, column) => [row, column]));
      for (let start = 0, count = 1; start < order.length;) {
        signal.throwIfAborted();
        const some = order.slice(start, start + count) as [number, number][];
        const began = performance.now();
        const pictures = await decode(
          some.map(([row, column]) => movedTo(plane, latent, [centre(column) * reach, -centre(row) * reach])),
          { signal },
        );
        some.forEach(([row, column], index) => {
          context?.putImageData(imageData(pictureAt(pictures, index) as Bytes), column * width, row * height);
        });
        start += some.length;
        // So many at a time that the picture under the pointer waits for no more than a moment.
        count = Math.max(1, Math.min(cells, Math.round((count * MOMENT) / (performance.now() - began))));
        canvas.current = fresh;
        grown((before) => before + 1);
      }
    };
    fill().catch(notify);
    return () => controller.abort();
  }, [plane, place, decode, cells]);
  return {
    version,
    draw(context, side) {
      if (canvas.current !== null) {
        context.imageSmoothingEnabled = cells * Math.max(height, width) > side;
        context.imageSmoothingQuality = "high";
        context.drawImage(canvas.current, 0, 0, side, side);
      }
    },
  };
}

/** Pictures in a row of the plane: fewer where each takes long. */
function cellsOf(side: number): number {
  return side <= 32 ? 15 : side <= 64 ? 11 : side <= 128 ? 7 : side <= 256 ? 5 : 3;
}

function fromTheMiddle(count: number): number[] {
  const middle = (count - 1) / 2;
  return Array.from({ length: count }, (_, row) => row).sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
}

/** The codes by their classes, on a veil that leaves the pictures visible. */
export function drawDots(context: CanvasRenderingContext2D, { codes, plane }: Space, side: number): void {
  if (codes === undefined) {
    return;
  }
  context.fillStyle = "rgb(0 0 0 / 0.35)";
  context.fillRect(0, 0, side, side);
  const radius = codes.count > 1500 ? 2.2 : 3.2;
  for (let row = 0; row < codes.count; row += 1) {
    const [x, y] = onCanvas(plane, coordinates(plane, codes.data, row), side);
    context.fillStyle = colourOf(codes.labels?.[row]);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
}

/** The points of a path and the way between them, and a ring where the latent is. */
export function drawPath(
  context: CanvasRenderingContext2D,
  { plane, latent, spherical }: Space,
  points: readonly Vector[],
  side: number,
): void {
  const placed = (vector: Vector): [number, number] => onCanvas(plane, coordinates(plane, vector), side);
  const steps = points.length < 2 ? 0 : (points.length - 1) * STEPS_BETWEEN_POINTS + 1;
  const way = Array.from({ length: steps }, (_, step) =>
    placed(alongPath(points, step / STEPS_BETWEEN_POINTS, spherical)),
  );
  const [x, y] = placed(latent);
  for (const [colour, extra] of [
    ["#000", 2.5],
    ["#fff", 0],
  ] as const) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 2 + extra;
    context.beginPath();
    way.forEach(([x, y]) => context.lineTo(x, y));
    context.stroke();
    points.map(placed).forEach(([x, y]) => {
      context.beginPath();
      context.arc(x, y, 5 + extra / 2, 0, 2 * Math.PI);
      context.fill();
    });
    context.lineWidth = 3 + extra;
    context.beginPath();
    context.arc(x, y, 11, 0, 2 * Math.PI);
    context.stroke();
  }
}

function onCanvas({ reach }: Plane, [across, up]: readonly [number, number], side: number): [number, number] {
  return [((across / reach + 1) / 2) * side, ((1 - up / reach) / 2) * side];
}
