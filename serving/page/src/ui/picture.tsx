/** Pictures on canvases, and as files. */

import { toRgba } from "keras-gen";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import type { Bytes } from "../network/calls";

/** Below this many pixels a side, pixels are shown as squares. */
const SMALL = 160;

export interface PictureProps {
  readonly pictures: Bytes;
  readonly index?: number;
  /** What it shows, in words; none where something around it says so. */
  readonly label?: string;
}

/** One of some pictures, as wide as there is room. */
export function Picture({ pictures, index = 0, label }: PictureProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => draw(canvas.current, pictures, index), [pictures, index]);
  const named = label === undefined ? { "aria-hidden": true as const } : { role: "img" as const, "aria-label": label };
  return <canvas ref={canvas} class={pictureClass(pictures)} {...named} />;
}

export function pictureClass({ width, height }: { width: number; height: number }): string {
  return Math.max(width, height) <= SMALL ? "picture pixels" : "picture";
}

export function draw(canvas: HTMLCanvasElement | null, pictures: Bytes, index = 0): void {
  if (canvas !== null) {
    const image = imageData(pictures, index);
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
    }
    canvas.getContext("2d")?.putImageData(image, 0, 0);
  }
}

export function imageData(pictures: Bytes, index = 0): ImageData {
  const { data, width, height } = toRgba(pictures, index);
  return new ImageData(data, width, height);
}

/** Some pictures in rows on one canvas, `columns` in a row. */
export function grid(pictures: readonly Bytes[], columns: number, gap = 0): HTMLCanvasElement {
  const { width = 1, height = 1 } = pictures[0] ?? {};
  const canvas = document.createElement("canvas");
  canvas.width = columns * (width + gap) - gap;
  canvas.height = Math.ceil(pictures.length / columns) * (height + gap) - gap;
  const context = canvas.getContext("2d");
  pictures.forEach((picture, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    context?.putImageData(imageData(picture), column * (width + gap), row * (height + gap));
  });
  return canvas;
}

/** Lets the browser save a canvas as a PNG file. */
export async function savePng(canvas: HTMLCanvasElement, name: string): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob !== null) {
    save(blob, name);
  }
}

/** Lets the browser save a file. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
