import assert from "node:assert/strict";
import { test } from "node:test";

import { InputError } from "../dist/errors.js";
import { asSeed, classLabels, rowCount } from "../dist/numbers.js";

test("seeds are 64-bit integers, numbers where those are exact", () => {
  for (const [seed, expected] of [
    [7, 7n],
    [-3, -3n],
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [-(2n ** 63n), -(2n ** 63n)],
  ]) {
    assert.equal(asSeed(seed), expected);
  }
  for (const [seed, received] of [
    [2n ** 63n, "9223372036854775808"],
    [2 ** 53, "9007199254740992"],
    [1.5, "1.5"],
    [NaN, "NaN"],
    ["7", '"7"'],
  ]) {
    assert.throws(
      () => asSeed(seed),
      (error) =>
        error instanceof InputError &&
        error.message.endsWith(`Received: ${received}.`) &&
        /64-bit integer/.test(error.message),
    );
  }
});

test("labels are one class after the other, or those given", () => {
  assert.deepEqual([...classLabels(5, 3, undefined, 4)], [1n, 2n, 0n, 1n, 2n]);
  assert.deepEqual([...classLabels(3, 3, [2, 0n, 1])], [2n, 0n, 1n]);
  assert.deepEqual([...classLabels(2, 3, Int32Array.of(1, 2))], [1n, 2n]);
  for (const [labels, message] of [
    [[1], /`labels` must be 2 integers\. Received: 1\./],
    [[0, 3], /`labels` must be integers from 0 to 2\. Received: 3\./],
    [[0, -1], /Received: -1\./],
    [[0, 0.5], /Received: 0\.5\./],
    [[0, 2n ** 64n], /Received: 18446744073709551616\./],
  ]) {
    assert.throws(
      () => classLabels(2, 3, labels),
      (error) => error instanceof InputError && message.test(error.message),
    );
  }
});

test("rows have the length that a network takes", () => {
  assert.equal(rowCount("latents", { data: new Float32Array(6), size: 2 }, 2), 3);
  for (const [length, size] of [
    [6, 3],
    [5, 2],
    [0, 2],
  ]) {
    assert.throws(
      () => rowCount("latents", { data: new Float32Array(length), size }, 2),
      new InputError(
        `\`latents\` must be one or more rows of 2 numbers. Received: ${length} numbers in rows of ${size}.`,
      ),
    );
  }
});
