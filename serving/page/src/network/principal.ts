/** The two directions in which rows of numbers differ most, by power iteration on their covariance. */

import type { Rows } from "keras-gen";

const STEPS = 60;

export function principal({ data, size }: Rows): { mean: Float32Array; axes: Rows; deviations: Float32Array } {
  const n = data.length / size;
  const mean = new Float32Array(size);
  for (let place = 0; place < data.length; place += 1) {
    mean[place % size]! += data[place]! / n;
  }
  const axes = new Float32Array(2 * size);
  const deviations = new Float32Array(2);
  for (let axis = 0; axis < 2; axis += 1) {
    // Any start but one at right angles to the direction will do; primes are at right angles to nothing on purpose.
    let direction = Float64Array.from({ length: size }, (_, index) => 1 / (index + 2 + axis));
    for (let step = 0; step < STEPS; step += 1) {
      const next = new Float64Array(size);
      for (let row = 0; row < n; row += 1) {
        let along = 0;
        for (let index = 0; index < size; index += 1) {
          along += (data[row * size + index]! - mean[index]!) * direction[index]!;
        }
        for (let index = 0; index < size; index += 1) {
          next[index]! += along * (data[row * size + index]! - mean[index]!);
        }
      }
      if (axis === 1) {
        withoutFirst(next, axes);
      }
      const length = Math.hypot(...next);
      if (length === 0) {
        break;
      }
      deviations[axis] = Math.sqrt(length / n);
      direction = next.map((value) => value / length);
    }
    axes.set(direction, axis * size);
  }
  return { mean, axes: { data: axes, size }, deviations };
}

function withoutFirst(vector: Float64Array, axes: Float32Array): void {
  let along = 0;
  for (let index = 0; index < vector.length; index += 1) {
    along += vector[index]! * axes[index]!;
  }
  for (let index = 0; index < vector.length; index += 1) {
    vector[index]! -= along * axes[index]!;
  }
}
