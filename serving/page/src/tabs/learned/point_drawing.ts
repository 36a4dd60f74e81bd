/** A frame of points of the plane: what the discriminator says, the data, samples, the warped grid, gradients. */

import type { Film, PointFrame } from "./film";

export const LAYERS = ["surface", "real", "samples", "warped", "gradients"] as const;
export type Layer = (typeof LAYERS)[number];

/** Apart from each other for eyes that see some colours alike, on the dark surface of either theme. */
export const COLOURS = {
  real: "#2fc48d",
  samples: "#ff8fc0",
  warped: "#8f98ad",
  gradients: "#f0e442",
} as const;
const GENERATED = [122, 62, 20] as const;
const UNDECIDED = [21, 24, 30] as const;
const REAL = [22, 78, 138] as const;
/** Below 1, so that what is nearly undecided can be told from what is. */
const CONTRAST = 0.6;
const DOT = 2.2;
/** How long the longest tenth of the arrows begins, as a share of the plane. */
const ARROW = 0.08;

export function drawPoints(
  canvas: HTMLCanvasElement,
  { plane, real }: Film,
  frame: PointFrame,
  layers: ReadonlySet<Layer>,
): void {
  const context = canvas.getContext("2d")!;
  const { width, height } = canvas;
  const [low, high] = plane;
  const x = (value: number): number => ((value - low) / (high - low)) * width;
  const y = (value: number): number => height - ((value - low) / (high - low)) * height;
  context.fillStyle = `rgb(${UNDECIDED.join()})`;
  context.fillRect(0, 0, width, height);
  if (layers.has("surface")) {
    drawSurface(context, frame);
  }
  if (layers.has("warped")) {
    drawGrid(context, frame, x, y);
  }
  if (layers.has("real") && real) {
    drawDots(context, real, COLOURS.real, x, y);
  }
  if (layers.has("samples")) {
    drawDots(context, frame.samples, COLOURS.samples, x, y);
  }
  if (layers.has("gradients")) {
    drawArrows(context, frame, x, y);
  }
}

type Scale = (value: number) => number;

function drawSurface(context: CanvasRenderingContext2D, { surface, side }: PointFrame): void {
  const image = new ImageData(side, side);
  surface.forEach((value, index) => {
    const decided = value / 127.5 - 1;
    const end = decided < 0 ? GENERATED : REAL;
    UNDECIDED.forEach((start, channel) => {
      image.data[4 * index + channel] = start + (end[channel]! - start) * Math.abs(decided) ** CONTRAST;
    });
    image.data[4 * index + 3] = 255;
  });
  const small = new OffscreenCanvas(side, side);
  small.getContext("2d")!.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  // The outermost values belong to the borders of the plane, and so half of each outermost pixel is outside.
  const pixel = context.canvas.width / (side - 1);
  context.drawImage(small, -pixel / 2, -pixel / 2, side * pixel, side * pixel);
}

function drawDots(context: CanvasRenderingContext2D, points: Float32Array, colour: string, x: Scale, y: Scale): void {
  context.fillStyle = colour;
  for (let at = 0; at < points.length; at += 2) {
    context.fillRect(x(points[at]!) - DOT, y(points[at + 1]!) - DOT, 2 * DOT, 2 * DOT);
  }
}

function drawGrid(
  context: CanvasRenderingContext2D,
  { warped, lines: [rows, columns] }: PointFrame,
  x: Scale,
  y: Scale,
) {
  context.strokeStyle = COLOURS.warped;
  context.lineWidth = 1;
  context.beginPath();
  const to = (row: number, column: number, first: boolean): void => {
    const at = 2 * (row * columns + column);
    context[first ? "moveTo" : "lineTo"](x(warped[at]!), y(warped[at + 1]!));
  };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      to(row, column, column === 0);
    }
  }
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      to(row, column, row === 0);
    }
  }
  context.stroke();
}

/** All arrows to one scale, by which most of them are short. */
function drawArrows(context: CanvasRenderingContext2D, { samples, gradients }: PointFrame, x: Scale, y: Scale): void {
  const lengths = Array.from({ length: gradients.length / 2 }, (_, at) =>
    Math.hypot(gradients[2 * at]!, gradients[2 * at + 1]!),
  );
  const long = [...lengths].sort((one, other) => one - other)[Math.floor(0.9 * lengths.length)] || 1;
  const reach = (ARROW * context.canvas.width) / (x(1) - x(0));
  context.strokeStyle = COLOURS.gradients;
  context.lineWidth = 1.5;
  context.beginPath();
  lengths.forEach((length, at) => {
    const [px, py, gx, gy] = [samples[2 * at]!, samples[2 * at + 1]!, gradients[2 * at]!, gradients[2 * at + 1]!];
    const share = Math.min(1.5, length / long) / (length || 1);
    const [fromX, fromY, toX, toY] = [x(px), y(py), x(px + gx * share * reach), y(py + gy * share * reach)];
    context.moveTo(fromX, fromY);
    context.lineTo(toX, toY);
    const angle = Math.atan2(toY - fromY, toX - fromX);
    const head = Math.min(6, Math.hypot(toX - fromX, toY - fromY) / 2);
    for (const turn of [-2.6, 2.6]) {
      context.moveTo(toX, toY);
      context.lineTo(toX + head * Math.cos(angle + turn), toY + head * Math.sin(angle + turn));
    }
  });
  context.stroke();
}
