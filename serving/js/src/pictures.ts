/** Batches of pictures, and what they are on a canvas. */

import { InputError } from "./errors.js";

/** What pictures consist of: grey levels, or numbers in [-1, 1] where a bundle was exported with float pictures. */
export type Values = Uint8Array | Float32Array;

/** Pictures of one size, one after the other, each row by row with the channels of a pixel together. */
export interface Pictures<Data extends Values = Values> {
  /** As many as there are pictures, times height, width and channels. */
  readonly data: Data;
  readonly height: number;
  readonly width: number;
  /** 1 (grey), 2 (grey and opacity), 3 (RGB), 4 (RGB and opacity), or as many as the bundle's pictures have. */
  readonly channels: number;
}

/** A picture as canvases have it: red, green, blue and opacity of each pixel. */
export interface Rgba {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

const WHITE = 255;

/**
 * How many pictures there are.
 *
 * @throws InputError data that is no whole number of pictures of that size, or none.
 */
export function count(pictures: Pictures): number {
  const { data, height, width, channels } = pictures;
  const n = data.length / (height * width * channels);
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new InputError(
      `\`data\` must be of one or more pictures of ${height}x${width}x${channels} numbers. ` +
        `Received: ${data.length} numbers.`,
    );
  }
  return n;
}

/** One of the pictures, whose data is a view of theirs. */
export function pictureAt<Data extends Values>(pictures: Pictures<Data>, index: number): Pictures<Data> {
  const n = count(pictures);
  if (!Number.isSafeInteger(index) || index < 0 || index >= n) {
    throw new InputError(`\`index\` must be from 0 to ${n - 1}. Received: ${index}.`);
  }
  return slice(pictures, index, index + 1);
}

/** The pictures from `start` to before `end`, whose data is a view of theirs. */
export function slice<Data extends Values>(pictures: Pictures<Data>, start: number, end: number): Pictures<Data> {
  const { data, height, width, channels } = pictures;
  const length = height * width * channels;
  return { data: data.subarray(start * length, end * length) as Data, height, width, channels };
}

/** Grey levels as numbers in [-1, 1]: 0 is -1, 255 is 1. Float pictures stay as they are. */
export function toFloat(pictures: Pictures): Pictures<Float32Array> {
  const { data, ...size } = pictures;
  const values = isBytes(data) ? Float32Array.from(data, (level) => Math.fround(level / 127.5) - 1) : data;
  return { data: values, ...size };
}

/** Float pictures in [-1, 1] as grey levels: -1 is 0, 1 is 255, what is outside is clipped. Grey levels stay. */
export function toUint8(pictures: Pictures): Pictures<Uint8Array> {
  const { data, ...size } = pictures;
  const level = (value: number): number => roundHalfEven(clip(Math.fround(Math.fround(value + 1) * 127.5)));
  return { data: isBytes(data) ? data : Uint8Array.from(data, level), ...size };
}

/**
 * One of the pictures for a canvas: `new ImageData(rgba.data, rgba.width, rgba.height)`.
 *
 * The second of two channels and the fourth of four are the opacity; of more than four the first three are shown.
 */
export function toRgba(pictures: Pictures, index = 0): Rgba {
  const { data, height, width, channels } = toUint8(pictureAt(pictures, index));
  const rgba = new Uint8ClampedArray(height * width * 4);
  const [green, blue] = channels <= 2 ? [0, 0] : [1, 2];
  const opacity = hasOpacity(channels) ? channels - 1 : undefined;
  for (let from = 0, to = 0; to < rgba.length; from += channels, to += 4) {
    rgba[to] = data[from] ?? 0;
    rgba[to + 1] = data[from + green] ?? 0;
    rgba[to + 2] = data[from + blue] ?? 0;
    rgba[to + 3] = opacity === undefined ? WHITE : (data[from + opacity] ?? 0);
  }
  return { data: rgba, width, height };
}

/**
 * A picture from a canvas, as `keras-gen` reads one from a file: on white, unless the opacity is one of the channels,
 * and grey by the weights of ITU-R BT.601.
 *
 * @param rgba an ImageData, or what has its fields.
 * @param channels 3 (RGB) or 1 (grey); 4 or 2 with the opacity as one more.
 */
export function fromRgba(
  rgba: { readonly data: ArrayLike<number>; readonly width: number; readonly height: number },
  channels = 3,
): Pictures<Uint8Array> {
  if (![1, 2, 3, 4].includes(channels)) {
    throw new InputError(`\`channels\` must be from 1 to 4. Received: ${channels}.`);
  }
  const kept = hasOpacity(channels);
  const { data: given, width, height } = rgba;
  if (given.length !== width * height * 4) {
    throw new InputError(`\`data\` must have ${width * height * 4} numbers. Received: ${given.length}.`);
  }
  const data = new Uint8Array(height * width * channels);
  for (let from = 0, to = 0; from < given.length; from += 4, to += channels) {
    const opacity = given[from + 3] ?? 0;
    const level = (colour: number): number => {
      const value = given[from + colour] ?? 0;
      return kept ? value : onWhite(value, opacity);
    };
    const [red, green, blue] = [level(0), level(1), level(2)];
    if (channels <= 2) {
      // Pillow's fixed-point weights, with 16 bits after the point.
      data[to] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
    } else {
      data.set([red, green, blue], to);
    }
    if (kept) {
      data[to + channels - 1] = opacity;
    }
  }
  return { data, height, width, channels };
}

/** A level of some opacity in front of white, in Pillow's fixed-point arithmetic with 7 bits after the point. */
function onWhite(level: number, opacity: number): number {
  const sum = level * opacity * 128 + WHITE * (WHITE - opacity) * 128 + (0x80 << 7);
  return (((sum >> 8) + sum) >> 8) >> 7;
}

/** Pictures with their right and lower border mirrored, the border itself included, up to a size. */
export function mirrored(pictures: Pictures<Uint8Array>, height: number, width: number): Pictures<Uint8Array> {
  const { channels } = pictures;
  if (height === pictures.height && width === pictures.width) {
    return pictures;
  }
  const n = count(pictures);
  const columns = Int32Array.from({ length: width }, (_, column) => mirror(column, pictures.width) * channels);
  const data = new Uint8Array(n * height * width * channels);
  let to = 0;
  for (let index = 0; index < n; index += 1) {
    for (let row = 0; row < height; row += 1) {
      const from = (index * pictures.height + mirror(row, pictures.height)) * pictures.width * channels;
      for (const column of columns) {
        for (let channel = 0; channel < channels; channel += 1) {
          data[to++] = pictures.data[from + column + channel] ?? 0;
        }
      }
    }
  }
  return { data, height, width, channels };
}

/** A part of every picture, from its top left corner; the size is at most theirs. */
export function cropped(
  pictures: Pictures<Uint8Array>,
  top: number,
  left: number,
  height: number,
  width: number,
): Pictures<Uint8Array> {
  const { channels } = pictures;
  const n = count(pictures);
  const data = new Uint8Array(n * height * width * channels);
  for (let index = 0; index < n; index += 1) {
    for (let row = 0; row < height; row += 1) {
      const from = ((index * pictures.height + top + row) * pictures.width + left) * channels;
      data.set(pictures.data.subarray(from, from + width * channels), (index * height + row) * width * channels);
    }
  }
  return { data, height, width, channels };
}

/** To the nearest integer, to the even one of two as near: NumPy's `rint`. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** The nearest grey level or what is between two of them. */
export function clip(value: number): number {
  return Math.min(255, Math.max(0, value));
}

/** Whether an array is of bytes, from whichever frame or realm it comes. */
export function isBytes(data: unknown): data is Uint8Array {
  return arrayType(data) === "Uint8Array";
}

/** The name of an array's type, from whichever frame or realm it comes. */
export function arrayType(data: unknown): string {
  return Object.prototype.toString.call(data).slice("[object ".length, -1);
}

function mirror(place: number, length: number): number {
  const turned = place % (2 * length);
  return turned < length ? turned : 2 * length - 1 - turned;
}

/** Whether the last channel is the opacity of a pixel. */
function hasOpacity(channels: number): boolean {
  return channels === 2 || channels === 4;
}
