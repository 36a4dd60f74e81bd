/** A picture in overlapping tiles, and tiles blended into a picture again. */

import { clip, cropped, roundHalfEven, type Pictures } from "./pictures.js";

/** Is told which share of a picture's tiles is done after each of them, and waited for. */
export type Told = (share: number) => Promise<void>;

/** Tiles along one side of a picture. */
export class Axis {
  /** Where the tiles begin. */
  readonly starts: readonly number[];
  private readonly weights: readonly Float32Array[];

  /**
   * @param length of the side, in pixels.
   * @param tile length of a tile, at most that of the side.
   * @param overlap pixels that a tile shares with the next one, at least; the last tile may share more.
   * @param multiple every tile begins at a multiple of it where the sides are multiples, so that all of them meet a
   *   network's strides alike.
   */
  constructor(
    readonly length: number,
    readonly tile: number,
    overlap: number,
    multiple = 1,
  ) {
    const step = tile - overlap;
    this.starts = startsOf(length, tile, Math.max(multiple, step - (step % multiple)));
    this.weights = weightsOf(length, tile, this.starts);
  }

  /** What a tile counts, in [0, 1]; at every pixel all tiles together count 1. */
  weightsOf(tile: number): Float32Array {
    return this.weights[tile] ?? new Float32Array(this.tile);
  }
}

function startsOf(length: number, tile: number, step: number): number[] {
  const starts: number[] = [];
  for (let start = 0; start < length - tile; start += step) {
    starts.push(start);
  }
  return [...starts, length - tile];
}

/**
 * Between two tiles the weight goes over along half a cosine in the middle half of what they share: a network knows
 * least of what lies outside a tile near the tile's border.
 */
function weightsOf(length: number, tile: number, starts: readonly number[]): Float32Array[] {
  const counted = starts.map((start, index) => {
    const [before, after] = [starts[index - 1], starts[index + 1]];
    return Float64Array.from({ length: tile }, (_, place) => {
      const centre = start + place + 0.5;
      const rising = before === undefined ? 1 : rise(centre, start, before + tile);
      return after === undefined ? rising : Math.min(rising, 1 - rise(centre, after, start + tile));
    });
  });
  const total = new Float64Array(length);
  starts.forEach((start, index) => {
    counted[index]?.forEach((weight, place) => (total[start + place] = (total[start + place] ?? 0) + weight));
  });
  return counted.map((weights, index) =>
    Float32Array.from(weights, (weight, place) => weight / (total[(starts[index] ?? 0) + place] ?? 1)),
  );
}

/** From 0 to 1 in the middle half between two places. */
function rise(place: number, first: number, last: number): number {
  const progress = Math.min(1, Math.max(0, (2 * (place - first)) / Math.max(1, last - first) - 0.5));
  return 0.5 - 0.5 * Math.cos(Math.PI * progress);
}

/**
 * A picture tile by tile, in the memory of one row of tiles beside that of the picture and the result.
 *
 * @param picture one picture.
 * @param translate a tile to what it becomes, of the same size.
 * @param rows tiles from top to bottom.
 * @param columns tiles from left to right.
 * @param channels of the result.
 * @param told how many tiles are done; what it throws ends the work.
 */
export async function blended(
  picture: Pictures<Uint8Array>,
  translate: (tile: Pictures<Uint8Array>) => Promise<Pictures<Uint8Array>>,
  rows: Axis,
  columns: Axis,
  channels: number,
  told: Told = () => Promise.resolve(),
): Promise<Pictures<Uint8Array>> {
  const tiles = rows.starts.length * columns.starts.length;
  const line = columns.length * channels;
  const result = new Uint8Array(rows.length * line);
  const band = new Float32Array(rows.tile * line);
  for (const [row, top] of rows.starts.entries()) {
    for (const [column, left] of columns.starts.entries()) {
      const made = await translate(cropped(picture, top, left, rows.tile, columns.tile));
      add(band, line, left, made, rows.weightsOf(row), columns.weightsOf(column));
      await told((row * columns.starts.length + column + 1) / tiles);
    }
    const done = (rows.starts[row + 1] ?? rows.length) - top;
    result.set(
      band.subarray(0, done * line).map((level) => roundHalfEven(clip(level))),
      top * line,
    );
    band.copyWithin(0, done * line);
    band.fill(0, (rows.tile - done) * line);
  }
  return { data: result, height: rows.length, width: columns.length, channels };
}

/** Adds a tile to a band of the picture by its weights, in the precision of 32 bits. */
function add(
  band: Float32Array,
  line: number,
  left: number,
  made: Pictures<Uint8Array>,
  down: Float32Array,
  across: Float32Array,
): void {
  const { data, width, channels } = made;
  let from = 0;
  for (const [row, weightOfRow] of down.entries()) {
    let to = row * line + left * channels;
    for (let column = 0; column < width; column += 1) {
      const weight = Math.fround(weightOfRow * (across[column] ?? 0));
      for (let channel = 0; channel < channels; channel += 1, to += 1, from += 1) {
        band[to] = (band[to] ?? 0) + Math.fround((data[from] ?? 0) * weight);
      }
    }
  }
}
