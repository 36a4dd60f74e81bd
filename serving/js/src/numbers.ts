/** 64-bit seeds, labels and rows of numbers. */

import { InputError, shown, shownNumber } from "./errors.js";

/** Rows of numbers, one after the other: latents, codes or probabilities. */
export interface Rows {
  /** As many numbers as there are rows, times `size`. */
  readonly data: Float32Array;
  /** Length of a row. */
  readonly size: number;
}

/** Any 64-bit signed integer; beyond 2^53 it must be a bigint, since a number does not hold it exactly. */
export type Seed = number | bigint;

/** Integers, one per picture. */
export type Labels = ArrayLike<number | bigint>;

/** Raises InputError for a seed that is no 64-bit signed integer, or a number that does not hold one exactly. */
export function asSeed(seed: Seed): bigint {
  if (typeof seed !== "bigint" && !Number.isSafeInteger(seed)) {
    throw new InputError(`\`seed\` must be a 64-bit integer, as a bigint beyond 2^53. Received: ${shownNumber(seed)}.`);
  }
  const integer = BigInt(seed);
  if (BigInt.asIntN(64, integer) !== integer) {
    throw new InputError(`\`seed\` must be a 64-bit integer. Received: ${integer}.`);
  }
  return integer;
}

/**
 * Labels of the pictures `start` to `start + n - 1`: those given, else one class after the other.
 *
 * @throws InputError another number of labels, a label that is no class, or no classes at all.
 */
export function classLabels(n: number, classes: number, labels: Labels | undefined, start = 0): BigInt64Array {
  if (classes < 1) {
    throw new InputError("a model that is told the class must know classes. Received: one that knows none.");
  }
  if (labels === undefined) {
    return BigInt64Array.from({ length: n }, (_, index) => BigInt((start + index) % classes));
  }
  if (labels.length !== n) {
    throw new InputError(`\`labels\` must be ${n} integers. Received: ${labels.length}.`);
  }
  return BigInt64Array.from({ length: n }, (_, index) => {
    const label = labels[index];
    const integer = typeof label === "bigint" ? Number(label) : label;
    if (!Number.isSafeInteger(integer) || (integer as number) < 0 || (integer as number) >= classes) {
      throw new InputError(`\`labels\` must be integers from 0 to ${classes - 1}. Received: ${shown(label)}.`);
    }
    return BigInt(integer as number);
  });
}

/** How many rows there are; InputError for rows of another length, a part of one, or none. */
export function rowCount(name: string, rows: Rows, size: number): number {
  const n = rows.data.length / size;
  if (rows.size !== size || !Number.isSafeInteger(n) || n < 1) {
    throw new InputError(
      `\`${name}\` must be one or more rows of ${size} numbers. ` +
        `Received: ${rows.data.length} numbers in rows of ${rows.size}.`,
    );
  }
  return n;
}
