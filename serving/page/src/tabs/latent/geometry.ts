/** Planes through a latent space, directions in it, and paths. */

import type { Rows } from "keras-gen";

import type { Codes } from "../../codes/codes";

export type Vector = Float32Array;

/** Two directions with a place for their zero; a coordinate is in units of `scales`, and is shown up to `reach`. */
export interface Plane {
  readonly name: string;
  readonly origin: Vector;
  readonly axes: readonly [Vector, Vector];
  readonly scales: readonly [number, number];
  readonly reach: number;
}

/** Standard deviations of a standard normal distribution that hold nearly all of it. */
const REACH = 3;

/** The plane of two dimensions, as far as `near`, codes or draws of the prior, go. */
export function planeOf(size: number, dimensions: readonly [number, number], near: Rows | undefined): Plane {
  const [across, up] = dimensions;
  return {
    name: `${across},${up}`,
    origin: new Float32Array(size),
    axes: [unit(size, across), unit(size, up)],
    scales: [1, 1],
    reach: Math.max(extent(near, across), extent(near, up)),
  };
}

/** The plane of the two directions in which the codes differ most, in their standard deviations. */
export function principalPlane(found: { mean: Vector; axes: Rows; deviations: Vector }): Plane {
  const { mean, axes, deviations } = found;
  const { size } = axes;
  return {
    name: "principal",
    origin: mean,
    axes: [axes.data.subarray(0, size), axes.data.subarray(size)],
    scales: [deviations[0] || 1, deviations[1] || 1],
    reach: REACH,
  };
}

/** Where a latent is on a plane. */
export function coordinates(plane: Plane, data: Vector, row = 0): [number, number] {
  const size = plane.origin.length;
  const along = (axis: 0 | 1): number => {
    let sum = 0;
    for (let index = 0; index < size; index += 1) {
      sum += (data[row * size + index]! - plane.origin[index]!) * plane.axes[axis][index]!;
    }
    return sum / plane.scales[axis];
  };
  return [along(0), along(1)];
}

/** A latent moved along a plane to other coordinates there. */
export function movedTo(plane: Plane, latent: Vector, [across, up]: readonly [number, number]): Vector {
  const [oldAcross, oldUp] = coordinates(plane, latent);
  const by = [(across - oldAcross) * plane.scales[0], (up - oldUp) * plane.scales[1]] as const;
  return latent.map((value, index) => value + by[0] * plane.axes[0][index]! + by[1] * plane.axes[1][index]!);
}

export function added(latent: Vector, direction: Vector, strength: number): Vector {
  return latent.map((value, index) => value + strength * direction[index]!);
}

/** How far a dimension goes. */
export function extent(near: Rows | undefined, dimension: number): number {
  let most = 0;
  for (let place = dimension; near !== undefined && place < near.data.length; place += near.size) {
    most = Math.max(most, Math.abs(near.data[place]!));
  }
  return near === undefined ? REACH : Math.max(0.1, Math.ceil(most * 10) / 10);
}

/**
 * For each class the mean of its codes minus the mean of the others'.
 *
 * Source: Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric", section 4.2.
 */
export function directions(codes: Codes, classes: number): readonly (Vector | undefined)[] {
  const sums = Array.from({ length: classes }, () => new Float64Array(codes.size));
  const counts = new Array<number>(classes).fill(0);
  const whole = new Float64Array(codes.size);
  codes.labels?.forEach((label, row) => {
    const sum = sums[label];
    if (sum !== undefined) {
      counts[label]! += 1;
      for (let index = 0; index < codes.size; index += 1) {
        const value = codes.data[row * codes.size + index]!;
        sum[index]! += value;
        whole[index]! += value;
      }
    }
  });
  const all = counts.reduce((sum, count) => sum + count, 0);
  return sums.map((sum, label) => {
    const [inside, outside] = [counts[label]!, all - counts[label]!];
    return inside === 0 || outside === 0
      ? undefined
      : Float32Array.from(sum, (value, index) => value / inside - (whole[index]! - value) / outside);
  });
}

/**
 * The latent between two others: on the arc between their directions, with a length that changes linearly, or on a line.
 *
 * Source: White 2016, "Sampling Generative Networks", section 2.1.
 */
export function between(from: Vector, to: Vector, fraction: number, spherical: boolean): Vector {
  const lengths = [length(from), length(to)] as const;
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(from, to) / (lengths[0] * lengths[1]))));
  if (!spherical || !(angle > 1e-4) || angle > Math.PI - 1e-4) {
    return from.map((value, index) => value + fraction * (to[index]! - value));
  }
  const weights = [Math.sin((1 - fraction) * angle) / Math.sin(angle), Math.sin(fraction * angle) / Math.sin(angle)];
  const wanted = lengths[0] + fraction * (lengths[1] - lengths[0]);
  return from.map((value, index) => {
    const direction = (weights[0]! * value) / lengths[0] + (weights[1]! * to[index]!) / lengths[1];
    return wanted * direction;
  });
}

/** The latent at a place of a path: 0 is the first point, 1 the second, and so on. */
export function alongPath(points: readonly Vector[], place: number, spherical: boolean): Vector {
  const at = Math.min(Math.max(0, place), points.length - 1);
  const index = Math.min(Math.floor(at), points.length - 2);
  return between(points[index]!, points[index + 1]!, at - index, spherical);
}

export function rowsOf(vectors: readonly Vector[], size: number): Rows {
  const data = new Float32Array(vectors.length * size);
  vectors.forEach((vector, row) => data.set(vector, row * size));
  return { data, size };
}

function unit(size: number, dimension: number): Vector {
  const vector = new Float32Array(size);
  vector[dimension] = 1;
  return vector;
}

function dot(one: Vector, other: Vector): number {
  return one.reduce((sum, value, index) => sum + value * other[index]!, 0);
}

function length(vector: Vector): number {
  return Math.sqrt(dot(vector, vector));
}
