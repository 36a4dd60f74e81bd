/** A picture that is drawn, in the pixels that a model gets, with what undoes and redoes each step. */

import type { Size } from "../input/fit";
import { fill, line, pixelOf, pixelsOf, rectangle, type Place } from "./raster";

export const TOOLS = ["pen", "rectangle", "fill", "eraser"] as const;
export type Tool = (typeof TOOLS)[number];

export interface Stroke {
  readonly tool: Tool;
  /** `#rrggbb`. */
  readonly colour: string;
  /** Width of the pen, in pixels of the picture. */
  readonly size: number;
}

/** Bytes of the steps that can be undone. */
const MOST_BYTES = 96e6;

export class Drawing {
  readonly canvas = document.createElement("canvas");
  /** Grows with every change. */
  version = 0;
  private readonly context = this.canvas.getContext("2d", { willReadFrequently: true })!;
  private readonly listeners = new Set<() => void>();
  private past: ImageData[] = [];
  private future: ImageData[] = [];

  /**
   * @param paper what is there where nothing was drawn, `#rrggbb`.
   * @param soft whether the edges of lines are blended, as pens do; else each pixel has one of the colours.
   */
  constructor(
    size: Size,
    public paper: string,
    public soft: boolean,
  ) {
    this.resize(size);
    this.blank();
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Keeps what is there as a step to go back to. */
  begin(): void {
    this.future = [];
    this.past.push(this.snapshot());
    let bytes = this.past.reduce((sum, { data }) => sum + data.length, 0);
    while (bytes > MOST_BYTES && this.past.length > 1) {
      bytes -= this.past.shift()!.data.length;
    }
  }

  /** Draws from one place to another; a rectangle has them as corners, and a fill begins at the second. */
  draw({ tool, colour, size }: Stroke, from: Place, to: Place): void {
    const used = tool === "eraser" ? this.paper : colour;
    if (this.soft && (tool === "pen" || tool === "eraser")) {
      this.softLine(used, size, from, to);
    } else {
      const { width, height } = this.canvas;
      const image = this.context.getImageData(0, 0, width, height);
      const pixel = pixelOf(used);
      if (tool === "fill") {
        fill(pixelsOf(image), to, pixel);
      } else if (tool === "rectangle") {
        rectangle(pixelsOf(image), from, to, pixel);
      } else {
        line(pixelsOf(image), from, to, size, pixel);
      }
      this.context.putImageData(image, 0, 0);
    }
    this.changed();
  }

  /** What was there when the step began, which stays a step to go back to. */
  restart(): void {
    const before = this.past.at(-1);
    if (before !== undefined) {
      this.put(before);
    }
  }

  undo(): void {
    this.turn(this.past, this.future);
  }

  redo(): void {
    this.turn(this.future, this.past);
  }

  clear(): void {
    this.begin();
    this.blank();
    this.changed();
  }

  /** Puts a picture in the place of what is there, at its size. */
  load(image: Size & CanvasImageSource): void {
    this.begin();
    this.show(image);
  }

  /** The same without a step to go back to, as for the frames of a camera. */
  show(image: Size & CanvasImageSource): void {
    this.resize(image);
    this.context.clearRect(0, 0, image.width, image.height);
    this.context.drawImage(image, 0, 0);
    this.changed();
  }

  invert(): void {
    this.begin();
    const image = this.snapshot();
    for (let at = 0; at < image.data.length; at += 1) {
      image.data[at] = at % 4 === 3 ? image.data[at]! : 255 - image.data[at]!;
    }
    this.put(image);
  }

  snapshot(): ImageData {
    return this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  private softLine(colour: string, size: number, [x0, y0]: Place, [x1, y1]: Place): void {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = size;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x0 === x1 && y0 === y1 ? x1 + 1e-3 : x1, y1); // a line without length has no round ends everywhere
    context.stroke();
  }

  private turn(from: ImageData[], to: ImageData[]): void {
    const next = from.pop();
    if (next !== undefined) {
      to.push(this.snapshot());
      this.put(next);
    }
  }

  private put(image: ImageData): void {
    this.resize(image);
    this.context.putImageData(image, 0, 0);
    this.changed();
  }

  private resize({ width, height }: Size): void {
    if (this.canvas.width !== width || this.canvas.height !== height) {
      [this.canvas.width, this.canvas.height] = [width, height];
    }
  }

  private blank(): void {
    this.context.fillStyle = this.paper;
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  private changed(): void {
    this.version += 1;
    this.listeners.forEach((listener) => listener());
  }
}
