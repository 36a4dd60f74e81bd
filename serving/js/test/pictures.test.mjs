import assert from "node:assert/strict";
import { test } from "node:test";

import { count, fromRgba, InputError, pictureAt, toFloat, toRgba, toUint8 } from "../dist/node.js";
import { mirrored, roundHalfEven } from "../dist/pictures.js";

const grey = (height, width, ...data) => ({ data: Uint8Array.from(data), height, width, channels: 1 });

test("every grey level comes back from [-1, 1]", () => {
  const levels = grey(16, 16, ...Array.from({ length: 256 }, (_, level) => level));
  const values = toFloat(levels);
  assert.deepEqual([values.data[0], values.data[255]], [-1, 1]);
  assert.deepEqual(toUint8(values), levels);
  assert.equal(toUint8(levels).data, levels.data);
});

test("what is outside is clipped, and the even one of two levels as near is taken", () => {
  const values = { data: Float32Array.of(-7, 9, 0, 1 / 255), height: 1, width: 4, channels: 1 };
  assert.deepEqual([...toUint8(values).data], [0, 255, 128, 128]);
  assert.deepEqual([0.5, 1.5, 2.5, 2.4, 2.6, 3].map(roundHalfEven), [0, 2, 2, 2, 3, 3]);
});

test("mirroring begins with the border itself, and goes on where the picture is short", () => {
  assert.deepEqual([...mirrored(grey(1, 3, 1, 2, 3), 1, 8).data], [1, 2, 3, 3, 2, 1, 1, 2]);
  assert.deepEqual([...mirrored(grey(2, 2, 1, 2, 3, 4), 3, 3).data], [1, 2, 2, 3, 4, 4, 3, 4, 4]);
  const two = mirrored({ ...grey(1, 1, 5, 6) }, 1, 2);
  assert.deepEqual([...two.data], [5, 5, 6, 6]);
});

test("pictures of a batch", () => {
  const pictures = grey(1, 2, 1, 2, 3, 4);
  assert.equal(count(pictures), 2);
  assert.deepEqual([...pictureAt(pictures, 1).data], [3, 4]);
  assert.throws(() => pictureAt(pictures, 2), new InputError("`index` must be from 0 to 1. Received: 2."));
  assert.throws(() => count(grey(2, 2, 1, 2, 3)), /of one or more pictures of 2x2x1 numbers\. Received: 3 numbers\./);
  assert.throws(() => count(grey(2, 2)), InputError);
});

test("a canvas and back", () => {
  const colours = { data: Uint8Array.from({ length: 12 }, (_, place) => place * 20), height: 2, width: 2, channels: 3 };
  const rgba = toRgba(colours);
  assert.deepEqual([...rgba.data.slice(0, 8)], [0, 20, 40, 255, 60, 80, 100, 255]);
  assert.deepEqual(fromRgba(rgba), colours);
  assert.deepEqual(fromRgba(toRgba(grey(1, 3, 0, 77, 255)), 1), grey(1, 3, 0, 77, 255));
  assert.deepEqual([...toRgba(grey(1, 1, 4, 9), 1).data], [9, 9, 9, 255]);
});

test("what is transparent becomes white, and red counts 0.299 in grey", () => {
  const rgba = { data: [255, 0, 0, 255, 9, 9, 9, 0], width: 2, height: 1 };
  assert.deepEqual([...fromRgba(rgba).data], [255, 0, 0, 255, 255, 255]);
  assert.deepEqual([...fromRgba(rgba, 1).data], [76, 255]);
  assert.throws(() => fromRgba({ ...rgba, width: 3 }), /`data` must have 12 numbers\. Received: 8\./);
  assert.throws(() => fromRgba(rgba, 5), /`channels` must be from 1 to 4\. Received: 5\./);
});

test("opacity is a channel of two and of four, and of more the first three are shown", () => {
  const rgba = { data: [255, 0, 0, 7, 9, 9, 9, 0], width: 2, height: 1 };
  assert.deepEqual([...fromRgba(rgba, 4).data], rgba.data);
  assert.deepEqual([...fromRgba(rgba, 2).data], [76, 7, 9, 0]);
  assert.deepEqual([...toRgba(fromRgba(rgba, 4)).data], rgba.data);
  assert.deepEqual([...toRgba(fromRgba(rgba, 2)).data], [76, 76, 76, 7, 9, 9, 9, 0]);
  const bands = { data: Uint8Array.of(1, 2, 3, 4, 5), height: 1, width: 1, channels: 5 };
  assert.deepEqual([...toRgba(bands).data], [1, 2, 3, 255]);
});
