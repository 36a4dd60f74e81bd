import assert from "node:assert/strict";
import { test } from "node:test";

import { resizeBox } from "../dist/resize.js";

const row = (...data) => ({ data: Uint8Array.from(data), height: 1, width: data.length, channels: 1 });
const column = (...data) => ({ data: Uint8Array.from(data), height: data.length, width: 1, channels: 1 });

test("halves are means, rounded up from the middle", () => {
  assert.deepEqual([...resizeBox(row(0, 10, 20, 21, 255, 255), 1, 3).data], [5, 21, 255]);
  assert.deepEqual([...resizeBox(column(0, 10, 20, 21, 255, 255), 3, 1).data], [5, 21, 255]);
});

test("rows are rounded before columns are averaged", () => {
  // 0, 1 become 1 and 0, 0 become 0; then (1 + 0) / 2 becomes 1, where the mean of all four would become 0.
  const picture = { data: Uint8Array.of(0, 1, 0, 0), height: 2, width: 2, channels: 1 };
  assert.deepEqual([...resizeBox(picture, 1, 1).data], [1]);
});

test("a pixel belongs to the parts that its middle lies in, the right border included", () => {
  // Parts of 1.5 pixels: [0, 1.5] has the middles 0.5 and 1.5, (1.5, 3] has the middle 2.5.
  assert.deepEqual([...resizeBox(row(0, 30, 60), 1, 2).data], [15, 60]);
});

test("enlarging repeats pixels", () => {
  assert.deepEqual([...resizeBox(row(1, 2), 1, 6).data], [1, 1, 1, 2, 2, 2]);
});

test("channels stay apart, and the same size is the same picture", () => {
  const picture = { data: Uint8Array.of(0, 100, 200, 10, 110, 210), height: 1, width: 2, channels: 3 };
  assert.deepEqual([...resizeBox(picture, 1, 1).data], [5, 105, 205]);
  assert.deepEqual(resizeBox(picture, 1, 2), picture);
});

test("a plain picture stays plain at any size", () => {
  for (const level of [0, 1, 127, 254, 255]) {
    const plain = { data: new Uint8Array(37 * 23).fill(level), height: 37, width: 23, channels: 1 };
    for (const [height, width] of [
      [1, 1],
      [7, 22],
      [36, 5],
      [40, 30],
    ]) {
      assert.ok(resizeBox(plain, height, width).data.every((value) => value === level));
    }
  }
});
