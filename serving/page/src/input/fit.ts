/** Pictures of any size, brought to a size that a model takes. */

import { fromRgba } from "keras-gen";

import type { Bytes } from "../network/calls";
import { grid } from "../ui/picture";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Drawable = CanvasImageSource & Size;

/** The largest centred part of a size's proportions, at that size, as training reads its pictures. */
export function covered(image: CanvasImageSource, from: Size, to: Size, smooth = true): HTMLCanvasElement {
  const scale = Math.max(to.width / from.width, to.height / from.height);
  const [width, height] = [to.width / scale, to.height / scale];
  return drawnAt(image, (from.width - width) / 2, (from.height - height) / 2, width, height, to, smooth);
}

/** A whole picture whose longer side is at most `most` pixels, with sides of at least two. */
export function within(image: CanvasImageSource, from: Size, most: number, smooth = true): HTMLCanvasElement {
  const scale = Math.min(1, most / Math.max(from.width, from.height));
  const side = (length: number): number => Math.max(2, Math.round(length * scale));
  const to = { width: side(from.width), height: side(from.height) };
  return drawnAt(image, 0, 0, from.width, from.height, to, smooth);
}

/** Every pixel as so many by so many. */
export function repeated(canvas: HTMLCanvasElement, times: number): HTMLCanvasElement {
  const { width, height } = canvas;
  const to = { width: times * width, height: times * height };
  return times === 1 ? canvas : drawnAt(canvas, 0, 0, width, height, to, false);
}

function drawnAt(
  image: CanvasImageSource,
  left: number,
  top: number,
  width: number,
  height: number,
  to: Size,
  smooth: boolean,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [to.width, to.height];
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, left, top, width, height, 0, 0, to.width, to.height);
  return canvas;
}

/** What a canvas shows, as a model's pictures are. */
export function bytesOf(canvas: HTMLCanvasElement, channels: number): Bytes {
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  return fromRgba(context.getImageData(0, 0, canvas.width, canvas.height), channels);
}

/** The same canvas as a model sees it: grey where its pictures are, and on white where they have no opacity. */
export function asTaken(canvas: HTMLCanvasElement, channels: number): HTMLCanvasElement {
  return grid([bytesOf(canvas, channels)], 1);
}

/** Whether pictures of a model can come from a file or a canvas at all. */
export function takesPictures({ channels }: { channels: number }): boolean {
  return channels <= 4;
}
