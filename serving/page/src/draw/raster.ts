/** Lines, rectangles and areas whose pixels have one colour exactly, as label maps need them. */

export type Place = readonly [x: number, y: number];
/** Red, green, blue and opacity in one number, as an ImageData's bytes are read on every machine of today. */
export type Pixel = number;

interface Pixels {
  readonly data: Uint32Array;
  readonly width: number;
  readonly height: number;
}

export function pixelsOf({ data, width, height }: ImageData): Pixels {
  return { data: new Uint32Array(data.buffer), width, height };
}

/** `#rrggbb` as a pixel. */
export function pixelOf(colour: string): Pixel {
  const value = parseInt(colour.slice(1), 16);
  return ((0xff << 24) | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

/** A pixel as `#rrggbb`. */
export function colourOf(pixel: Pixel): string {
  const value = ((pixel & 0xff) << 16) | (pixel & 0xff00) | ((pixel >> 16) & 0xff);
  return `#${value.toString(16).padStart(6, "0")}`;
}

/** All pixels whose centres are at most half of `size` from the line between two places. */
export function line(pixels: Pixels, [x0, y0]: Place, [x1, y1]: Place, size: number, pixel: Pixel): void {
  const reach = Math.max(0.5, size / 2);
  const [dx, dy] = [x1 - x0, y1 - y0];
  const square = dx * dx + dy * dy;
  const [top, bottom] = range(y0, y1, reach, pixels.height);
  const [left, right] = range(x0, x1, reach, pixels.width);
  for (let row = top; row < bottom; row += 1) {
    for (let column = left; column < right; column += 1) {
      const [x, y] = [column + 0.5 - x0, row + 0.5 - y0];
      const along = square === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / square));
      if (Math.hypot(x - along * dx, y - along * dy) <= reach) {
        pixels.data[row * pixels.width + column] = pixel;
      }
    }
  }
}

function range(one: number, other: number, reach: number, length: number): [number, number] {
  return [
    Math.max(0, Math.floor(Math.min(one, other) - reach)),
    Math.min(length, Math.ceil(Math.max(one, other) + reach)),
  ];
}

export function rectangle(pixels: Pixels, [x0, y0]: Place, [x1, y1]: Place, pixel: Pixel): void {
  const [left, right] = range(x0, x1, 0, pixels.width);
  const [top, bottom] = range(y0, y1, 0, pixels.height);
  for (let row = top; row < bottom; row += 1) {
    pixels.data.fill(pixel, row * pixels.width + left, row * pixels.width + right);
  }
}

/** The area of one colour around a place, joined by edges of its pixels. */
export function fill({ data, width, height }: Pixels, [x, y]: Place, pixel: Pixel): void {
  const clip = (value: number, length: number): number => Math.min(length - 1, Math.max(0, Math.floor(value)));
  const start = clip(y, height) * width + clip(x, width);
  const old = data[start]!;
  if (old === pixel) {
    return;
  }
  const waiting = [start];
  data[start] = pixel;
  while (waiting.length > 0) {
    const at = waiting.pop()!;
    const column = at % width;
    for (const next of [column > 0 ? at - 1 : -1, column < width - 1 ? at + 1 : -1, at - width, at + width]) {
      if (data[next] === old) {
        data[next] = pixel;
        waiting.push(next);
      }
    }
  }
}
