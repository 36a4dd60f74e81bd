/**
 * Smaller pictures by averaging, exactly as Pillow's `Image.resize(size, Image.Resampling.BOX)` makes them of 8 bits:
 * first along the rows, then along the columns, in integers with 22 bits after the point.
 */

import type { Pictures } from "./pictures.js";

const BITS = 22;
const HALF = 1 << (BITS - 1);
const SUPPORT = 0.5;

/** What an output pixel is made of: input pixels from `first` on, each with its weight. */
interface Part {
  readonly first: number;
  readonly weights: Int32Array;
}

/** A picture of another size. */
export function resizeBox(picture: Pictures<Uint8Array>, height: number, width: number): Pictures<Uint8Array> {
  const { channels } = picture;
  let { data } = picture;
  if (width !== picture.width) {
    data = along(data, picture.height, picture.width, channels, parts(picture.width, width));
  }
  if (height !== picture.height) {
    data = along(data, 1, picture.height, width * channels, parts(picture.height, height));
  }
  return { data, height, width, channels };
}

/** Resamples the middle axis of (outer, parts, inner). */
function along(data: Uint8Array, outer: number, length: number, inner: number, made: readonly Part[]): Uint8Array {
  const result = new Uint8Array(outer * made.length * inner);
  let to = 0;
  for (let index = 0; index < outer; index += 1) {
    for (const { first, weights } of made) {
      const start = (index * length + first) * inner;
      for (let place = 0; place < inner; place += 1, to += 1) {
        let sum = HALF;
        for (let step = 0, from = start + place; step < weights.length; step += 1, from += inner) {
          sum += (data[from] ?? 0) * (weights[step] ?? 0);
        }
        result[to] = Math.min(255, Math.max(0, sum >> BITS));
      }
    }
  }
  return result;
}

function parts(length: number, wanted: number): Part[] {
  const scale = length / wanted;
  const stretch = Math.max(1, scale);
  const support = SUPPORT * stretch;
  return Array.from({ length: wanted }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(length, Math.trunc(centre + support + 0.5));
    const counted = Array.from({ length: end - first }, (_, step) => box((first + step - centre + 0.5) / stretch));
    return { first, weights: fixed(counted) };
  });
}

function box(distance: number): number {
  return distance > -SUPPORT && distance <= SUPPORT ? 1 : 0;
}

/** Weights that add up to 1, in fixed point. */
function fixed(weights: readonly number[]): Int32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Int32Array.from(weights, (weight) => Math.trunc((total === 0 ? weight : weight / total) * (1 << BITS) + 0.5));
}
