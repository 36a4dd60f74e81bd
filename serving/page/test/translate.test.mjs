import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, choose, noise, open, pixels, record, saved, settled } from "./browser.mjs";

const BOARD = ".board canvas";
const AFTER = ".compare .after canvas";

async function shown(t, hash, options) {
  const page = await open(t, hash, options);
  await page.locator(BOARD).waitFor();
  return page;
}

async function recorded(page, bundle, to, more = {}) {
  // The button is there for what was not translated yet.
  await page.waitForFunction(
    () => document.querySelector(".actions .primary:disabled") && document.querySelector("[aria-busy=false]"),
  );
  const output = await settled(page.locator(AFTER));
  record({ bundle, to, input: await pixels(page.locator(BOARD)), output, ...more });
  return output;
}

/** Places on the board, as shares of its sides. */
async function at(page, ...places) {
  const board = page.locator(BOARD);
  await board.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await board.boundingBox();
  return places.map(([across, down]) => [x + across * width, y + down * height]);
}

test("a file is translated in both directions, and a translation back again", async (t) => {
  const page = await shown(t, "#bundle=cyclegan&tab=translate");
  await page.getByText("Open a photograph, drop or paste one").waitFor();
  await choose(page, await noise(page, 24, 16));
  const there = await recorded(page, "cyclegan", "b");
  const file = await saved(page, () => page.getByRole("button", { name: "Save PNG" }).click());
  record({ png: file.content.toString("base64"), output: there });
  await page.getByRole("button", { name: "Translate it back" }).click();
  await page.waitForFunction(() => location.hash.includes("to=a"));
  await recorded(page, "cyclegan", "a");
  assert.deepEqual(await pixels(page.locator(BOARD)), there);
  await page.getByLabel("Direction").selectOption("A → B");
  await page.getByText("Open a photograph, drop or paste one").waitFor();
});

test("another class of the same picture is asked for by its name", async (t) => {
  const page = await shown(t, "#bundle=star_gan&tab=translate");
  await choose(page, await noise(page, 24, 16));
  const first = await recorded(page, "star_gan", "zero");
  await page.getByRole("combobox", { name: "To", exact: true }).selectOption("two");
  assert.notDeepEqual(await recorded(page, "star_gan", "two"), first);
  assert.equal(await page.getByRole("button", { name: "Translate it back" }).count(), 0);
});

test("another answer of the same picture has another seed", async (t) => {
  const page = await shown(t, "#bundle=cut&tab=translate");
  await choose(page, await noise(page, 24, 16));
  const first = await recorded(page, "cut", "b", { seed: 0 });
  await page.getByLabel("Seed").fill("-7");
  assert.notDeepEqual(await recorded(page, "cut", "b", { seed: -7 }), first);
  await page.getByRole("button", { name: "Another answer" }).click();
  await page.waitForFunction(() => !location.hash.includes("seed=-7"));
  const seed = Number(new URLSearchParams(new URL(page.url()).hash.slice(1)).get("seed"));
  await recorded(page, "cut", "b", { seed });
});

test("a picture that becomes larger has its pixels repeated", async (t) => {
  const page = await shown(t, "#bundle=larger&tab=translate");
  await choose(page, await noise(page, 10, 7));
  await recorded(page, "larger", "b");
  const data = await board(page);
  assert.equal(data.length, 20 * 14);
  const repeats = (at, other) => assert.deepEqual(data[at], data[other]);
  for (let at = 0; at < data.length; at += 2) {
    repeats(at, at + 1);
    repeats(at, at - 20 * (Math.trunc(at / 20) % 2));
  }
  assert.notDeepEqual(data[0], data[2]);
});

test("opacity is a channel where the bundle has it", async (t) => {
  const page = await shown(t, "#bundle=pix2pix&tab=translate");
  await choose(page, await noise(page, 24, 16));
  await recorded(page, "pix2pix", "b", { opacity: true });
});

test("a large picture is translated in tiles, which can be cancelled", async (t) => {
  const page = await shown(t, "#bundle=cyclegan&tab=translate");
  await choose(page, await noise(page, 24, 16));
  const before = await settled(page.locator(AFTER));
  await page.getByLabel("Longer side").selectOption("As the picture is");
  const large = await noise(page, 1000, 640, 5);
  await choose(page, large);
  await page.locator("progress").waitFor();
  await page.getByRole("button", { name: "Cancel" }).press("Enter");
  await page.locator("progress").waitFor({ state: "detached" });
  assert.deepEqual(await pixels(page.locator(AFTER)), before);
  await page.evaluate(() => {
    globalThis.progress = [];
    const note = () => globalThis.progress.push(document.querySelector("progress")?.value);
    new MutationObserver(note).observe(document.querySelector(".result"), {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  });
  await page.getByRole("button", { name: "Translate", exact: true }).click();
  await page.waitForFunction(() => document.querySelector(".compare .after canvas")?.width === 1000);
  const told = await page.evaluate(() => globalThis.progress);
  assert.ok(told.some((done) => done > 0.3 && done < 0.7));
  const output = await pixels(page.locator(AFTER));
  record({ bundle: "cyclegan", to: "b", png: large.toString("base64"), output });
});

test("a label map is drawn by pointer with rectangle, brush, fill and eraser, and translated at once", async (t) => {
  const page = await shown(t, "#bundle=maps&tab=translate");
  await page.getByRole("heading", { name: "Your picture of labels" }).waitFor();
  await recorded(page, "maps", "b");
  await page.getByRole("button", { name: "Clear" }).click();
  const colours = async () => new Set((await board(page)).map((pixel) => pixel.join()));
  assert.equal((await colours()).size, 1);
  const [from, to, inside] = await at(page, [0.25, 0.25], [0.75, 0.75], [0.5, 0.5]);
  await page.getByRole("radio", { name: /^Colour 2,/ }).check();
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 5 });
  await page.mouse.up();
  // A quarter of 24 x 16 pixels.
  assert.deepEqual(await counts(page), [288, 96]);
  await page.getByRole("radio", { name: /^Colour 3,/ }).check();
  await page.getByRole("radio", { name: "Fill" }).check();
  await page.mouse.click(...inside);
  assert.deepEqual(await counts(page), [288, 96]);
  await page.getByRole("radio", { name: "Brush" }).check();
  await page.getByRole("radio", { name: /^Colour 4,/ }).check();
  await page.mouse.click(...inside);
  assert.equal((await counts(page)).length, 3);
  await page.getByRole("radio", { name: "Eraser" }).check();
  await page.mouse.click(...inside);
  assert.equal((await counts(page)).length, 2);
  await recorded(page, "maps", "b");
});

test("a bundle's own pictures are the examples, and their colours those to draw with", async (t) => {
  const page = await shown(t, "#bundle=plans&tab=translate");
  await page.waitForFunction(() => document.querySelector(".compare .after canvas"));
  assert.deepEqual(await counts(page), [192, 192]);
  await recorded(page, "plans", "b");
  assert.equal(await page.locator(".palette .swatch").count(), 3);
  await page.getByRole("radio", { name: /^Colour 3,.*#005a00/ }).check();
  await page.getByRole("button", { name: "Example" }).press("Enter");
  await page.waitForFunction(() => document.querySelector("[aria-busy=false]"));
  assert.deepEqual(await counts(page), [192, 191, 1]);
  // The second picture has three colours, and they stay in the order of the data.
  assert.equal(await page.locator(".palette .swatch").count(), 3);
  await page.getByRole("button", { name: "Example" }).click();
  assert.deepEqual(await counts(page), [192, 192]);
});

test("a label map is drawn by keyboard", async (t) => {
  const page = await shown(t, "#bundle=maps&tab=translate");
  await settled(page.locator(AFTER));
  await page.getByRole("button", { name: "Clear" }).press("Enter");
  await page.getByRole("application").focus();
  await page.keyboard.press(" ");
  for (let step = 0; step < 5; step += 1) {
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press(" ");
  assert.equal((await counts(page)).length, 2);
  await recorded(page, "maps", "b");
  await page.getByRole("radio", { name: "Rectangle" }).press("ArrowRight");
  await page.getByRole("radio", { name: "Brush", checked: true }).waitFor();
});

test("the line between before and after is moved by pointer and by keyboard", async (t) => {
  const page = await shown(t, "#bundle=cyclegan&tab=translate");
  await choose(page, await noise(page, 24, 16));
  const slider = page.getByRole("slider", { name: "Line between before and after" });
  await slider.press("End");
  assert.equal(await slider.inputValue(), "100");
  const { x, y, width, height } = await slider.boundingBox();
  await page.mouse.click(x + width / 4, y + height / 2);
  assert.ok(Math.abs(Number(await slider.inputValue()) - 25) < 3);
});

test("the camera is translated live until its tab is left", async (t) => {
  const page = await shown(t, "#bundle=cyclegan&tab=translate", { permissions: ["camera"] });
  await page.evaluate(() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => (globalThis.stream = await ask(wanted));
  });
  await page.getByRole("button", { name: "Camera, live" }).click();
  await page.getByText(/^[\d.]+ pictures a second$/).waitFor();
  const states = () => page.evaluate(() => globalThis.stream.getTracks().map(({ readyState }) => readyState));
  assert.deepEqual(await states(), ["live"]);
  await page.getByRole("button", { name: "Stop the camera" }).click();
  assert.deepEqual(await states(), ["ended"]);
  await page.getByRole("button", { name: "Camera, live" }).click();
  await page.getByText(/^[\d.]+ pictures a second$/).waitFor();
  await page.getByRole("link", { name: "All models" }).click();
  assert.deepEqual(await states(), ["ended"]);
});

test("axe finds nothing, and a phone's width is enough", async (t) => {
  const page = await shown(t, "#bundle=maps&tab=translate", { viewport: { width: 390, height: 800 } });
  await settled(page.locator(AFTER));
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await accessible(page);
});

/** Red, green and blue of every pixel of the board. */
async function board(page) {
  const data = Buffer.from((await pixels(page.locator(BOARD))).data, "base64");
  return Array.from({ length: data.length / 4 }, (_, at) => [...data.subarray(4 * at, 4 * at + 3)]);
}

/** How many pixels each colour has, the most first. */
async function counts(page) {
  const found = new Map();
  for (const pixel of await board(page)) {
    found.set(pixel.join(), (found.get(pixel.join()) ?? 0) + 1);
  }
  return [...found.values()].sort((one, other) => other - one);
}
