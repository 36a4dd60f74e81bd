import assert from "node:assert/strict";
import { test } from "node:test";

import { Axis, blended } from "../dist/tiles.js";

const noise = (height, width, channels) => {
  let state = 1;
  const data = Uint8Array.from({ length: height * width * channels }, () => {
    state = (state * 48271) % 2147483647;
    return state % 256;
  });
  return { data, height, width, channels };
};

test("tiles begin at multiples and end with the side", () => {
  assert.deepEqual(new Axis(100, 32, 8, 4).starts, [0, 24, 48, 68]);
  assert.deepEqual(new Axis(32, 32, 8, 4).starts, [0]);
  assert.deepEqual(new Axis(40, 32, 8, 16).starts, [0, 8]);
});

for (const [length, tile, overlap, multiple] of [
  [100, 32, 8, 4],
  [33, 32, 8, 1],
  [97, 12, 3, 1],
  [64, 16, 12, 8],
]) {
  test(`at every one of ${length} pixels all tiles of ${tile} count 1`, () => {
    const axis = new Axis(length, tile, overlap, multiple);
    const total = new Float64Array(length);
    axis.starts.forEach((start, index) =>
      axis.weightsOf(index).forEach((weight, place) => (total[start + place] += weight)),
    );
    assert.ok(total.every((sum) => Math.abs(sum - 1) < 1e-6));
  });
}

test("between two tiles the weight goes over along half a cosine in the middle half of what they share", () => {
  const axis = new Axis(24, 16, 8);
  assert.deepEqual(axis.starts, [0, 8]);
  const expected = Float32Array.from({ length: 16 }, (_, place) => {
    const progress = Math.min(1, Math.max(0, (place + 0.5 - 2) / 4));
    return (1 - Math.cos(Math.PI * progress)) / 2;
  });
  axis.weightsOf(1).forEach((weight, place) => assert.ok(Math.abs(weight - expected[place]) < 1e-6));
  assert.deepEqual([...axis.weightsOf(1).slice(0, 2)], [0, 0]);
  assert.deepEqual([...axis.weightsOf(1).slice(6)], new Array(10).fill(1));
  axis.weightsOf(0).forEach((weight, place) => assert.ok(Math.abs(weight - expected[15 - place]) < 1e-6));
});

test("tiles that stay as they are give the picture again", async () => {
  const picture = noise(53, 71, 3);
  const made = await blended(picture, async (tile) => tile, new Axis(53, 20, 5), new Axis(71, 24, 6), 3);
  assert.deepEqual(made, picture);
});

test("every tile has its size, and they come row by row", async () => {
  const sizes = [];
  const see = async (tile) => (sizes.push([tile.height, tile.width, tile.data[0]]), tile);
  const picture = { data: Uint8Array.from({ length: 6 * 4 }, (_, place) => place), height: 6, width: 4, channels: 1 };
  await blended(picture, see, new Axis(6, 4, 1), new Axis(4, 3, 1), 1);
  assert.deepEqual(sizes, [
    [4, 3, 0],
    [4, 3, 1],
    [4, 3, 8],
    [4, 3, 9],
  ]);
});

test("who is told of the tiles hears of each, and ends the work by what it throws", async () => {
  const picture = { data: new Uint8Array(6 * 4), height: 6, width: 4, channels: 1 };
  const told = [];
  const keep = async (tile) => tile;
  await blended(picture, keep, new Axis(6, 4, 1), new Axis(4, 3, 1), 1, async (share) => void told.push(share));
  assert.deepEqual(told, [0.25, 0.5, 0.75, 1]);
  let made = 0;
  const count = async (tile) => ((made += 1), tile);
  const enough = new Error("enough");
  const ended = blended(picture, count, new Axis(6, 4, 1), new Axis(4, 3, 1), 1, () => Promise.reject(enough));
  await assert.rejects(ended, enough);
  assert.equal(made, 1);
});
