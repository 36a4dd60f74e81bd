import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, choose, noise, open, pixels, record, saved, settled } from "./browser.mjs";

const BOARD = ".board canvas";
const OUTPUT = ".outcome figure:last-of-type canvas";

async function shown(t, hash, options) {
  const page = await open(t, hash, options);
  await page.locator(BOARD).waitFor();
  return page;
}

/** What is on the board, and what the networks made of it. */
async function recorded(page, bundle, more = {}) {
  const output = await settled(page.locator(OUTPUT));
  record({ bundle, input: await pixels(page.locator(BOARD)), output, ...more });
}

async function drag(page, places) {
  const board = page.locator(BOARD);
  await board.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await board.boundingBox();
  for (const [index, [across, down]] of places.entries()) {
    await page.mouse.move(x + across * width, y + down * height, { steps: 4 });
    await (index === 0 ? page.mouse.down() : Promise.resolve());
  }
  await page.mouse.up();
}

test("what is drawn is encoded and decoded, and steps go back and forth", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=encode");
  await page.getByRole("button", { name: "Clear" }).click();
  const blank = await pixels(page.locator(BOARD));
  await drag(page, [
    [0.2, 0.2],
    [0.8, 0.3],
    [0.4, 0.9],
  ]);
  const drawn = await pixels(page.locator(BOARD));
  assert.notDeepEqual(drawn, blank);
  await recorded(page, "coded");
  await page.getByRole("button", { name: "Undo" }).click();
  assert.deepEqual(await pixels(page.locator(BOARD)), blank);
  await page.getByRole("button", { name: "Redo" }).click();
  assert.deepEqual(await pixels(page.locator(BOARD)), drawn);
  await page.getByRole("radio", { name: "Eraser" }).check();
  await drag(page, [
    [0.1, 0.1],
    [0.9, 0.4],
  ]);
  assert.notDeepEqual(await pixels(page.locator(BOARD)), drawn);
});

test("a picture is drawn by keyboard, and kept as an end of a way to another", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=encode");
  const board = page.getByRole("application");
  await board.focus();
  const before = await pixels(page.locator(BOARD));
  await page.keyboard.down(" ");
  for (const key of ["ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"]) {
    await page.keyboard.press(key);
  }
  await page.keyboard.up(" ");
  const drawn = await pixels(page.locator(BOARD));
  assert.notDeepEqual(drawn, before);
  await page.keyboard.press("ArrowUp");
  assert.deepEqual(await pixels(page.locator(BOARD)), drawn);
  await page.keyboard.press("Control+z");
  assert.deepEqual(await pixels(page.locator(BOARD)), before);
  await page.getByRole("button", { name: "Clear" }).press("Enter");
  await recorded(page, "coded");
  await page.getByRole("button", { name: "Keep as end" }).press("Enter");
  const end = await settled(page.locator(".end[data-end=to] canvas"));
  assert.deepEqual(end, await pixels(page.locator(OUTPUT)));
  const way = page.getByLabel("From start to end");
  await way.press("End");
  assert.deepEqual(await settled(page.locator(".between canvas")), end);
  await way.press("Home");
  assert.deepEqual(await settled(page.locator(".between canvas")), await pixels(page.locator(".end canvas").first()));
});

test("a file is reconstructed, of a class where the networks are told one", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=encode");
  await choose(page, await noise(page, 8, 8));
  await settled(page.locator(OUTPUT));
  await recorded(page, "coded", { figures: await page.locator(".outcome figcaption").textContent() });
  const file = await saved(page, () => page.getByRole("button", { name: "Save PNG" }).first().click());
  assert.equal(file.name, "coded-output.png");
  const other = await shown(t, "#bundle=conditional_vae&tab=encode");
  await other.getByLabel("Class").selectOption({ index: 2 });
  await choose(other, await noise(other, 8, 8));
  await recorded(other, "conditional_vae", { label: 2 });
});

test("a training picture with a near code is a click away", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=encode");
  const near = page.getByRole("group", { name: "Training pictures with the nearest codes" }).getByRole("button");
  await near.nth(5).waitFor();
  const names = await near.evaluateAll((buttons) => buttons.map((button) => button.innerText.trim()));
  const example = await pixels(page.locator(BOARD));
  record({ nearest: names, input: example });
  await near.nth(5).press("Enter");
  assert.notDeepEqual(await pixels(page.locator(BOARD)), example);
});

test("a classifier's probabilities are bars with their numbers", async (t) => {
  const page = await shown(t, "#bundle=dann&tab=encode");
  const bars = page.locator(".classes li");
  await bars.first().waitFor();
  const blank = await page.locator(".classes").innerText();
  await choose(page, await noise(page, 8, 8));
  await page.waitForFunction((blank) => document.querySelector(".classes").innerText !== blank, blank);
  const shares = await bars.evaluateAll((items) =>
    items.map((item) => Number(item.querySelector("[role=meter]").ariaValueNow)),
  );
  const said = await bars.locator(".number").allTextContents();
  record({ bundle: "dann", input: await pixels(page.locator(BOARD)), shares, said });
});

test("a denoising autoencoder gets a corrupted copy", async (t) => {
  const page = await shown(t, "#bundle=denoising_autoencoder&tab=encode");
  await choose(page, await noise(page, 8, 8));
  const corrupted = page.locator(".outcome figure:first-of-type canvas");
  await page.getByRole("combobox", { name: "Noise" }).selectOption("Black and white pixels");
  const output = await settled(page.locator(OUTPUT));
  record({ bundle: "denoising_autoencoder", input: await pixels(corrupted), output });
  assert.notDeepEqual(await pixels(corrupted), await pixels(page.locator(BOARD)));
  await page.getByLabel("Amount").press("Home");
  await settled(page.locator(OUTPUT));
  assert.deepEqual(await pixels(corrupted), await pixels(page.locator(BOARD)));
});

/** A PNG file that says how large it is, and nothing more. */
function promising(width, height) {
  const head = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([head, size, Buffer.from("0802000000", "hex")]);
}

// One red pixel, then one blue.
const FILM = Buffer.from(
  "47494638396101000100f00000ff00000000ff21f90400010000002c00000000010001000002024401003b" +
    "21f90400010000002c000000000100010000020254010000",
  "hex",
);

test("what is no picture, damaged or too large is a sentence, and the picture stays", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=encode");
  const before = await pixels(page.locator(BOARD));
  for (const [content, name, kind, sentence] of [
    [Buffer.from("words"), "words.txt", "text/plain", "words.txt is no picture. Choose a PNG"],
    [Buffer.from("words"), "words.png", "image/png", "words.png cannot be read as a picture"],
    [promising(10_000, 10_001), "large.png", "image/png", "at most 50 million pixels. This one has 10000 × 10001."],
    [promising(8, 8), "cut.png", "image/png", "cut.png cannot be read as a picture"],
  ]) {
    await choose(page, content, name, kind);
    await page.locator(".notice", { hasText: sentence }).waitFor();
  }
  await page.evaluate(() => dispatchEvent(new ClipboardEvent("paste", { clipboardData: new DataTransfer() })));
  assert.deepEqual(await pixels(page.locator(BOARD)), before);
  await choose(page, FILM, "film.gif", "image/gif");
  await page.locator(".notice", { hasText: "Its first picture was taken" }).waitFor();
  assert.notDeepEqual(await pixels(page.locator(BOARD)), before);
});

test("pictures are dropped and pasted", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=encode");
  const content = (await noise(page, 8, 8)).toString("base64");
  for (const [type, field] of [
    ["drop", "dataTransfer"],
    ["paste", "clipboardData"],
  ]) {
    await page.getByRole("button", { name: "Clear" }).click();
    const before = await pixels(page.locator(BOARD));
    await page.evaluate(
      ([content, type, field]) => {
        const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], "noise.png", { type: "image/png" }));
        const Kind = type === "drop" ? DragEvent : ClipboardEvent;
        dispatchEvent(new Kind(type, { [field]: data, cancelable: true }));
      },
      [content, type, field],
    );
    await page.waitForFunction(() => document.querySelector(".notice") === null);
    assert.notDeepEqual(await settled(page.locator(BOARD)), before, type);
  }
});

test("a frame of the camera is taken, and a camera that is refused is a sentence", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=encode", { permissions: ["camera"] });
  const before = await pixels(page.locator(BOARD));
  await page.getByRole("button", { name: "Camera" }).click();
  await page.getByRole("button", { name: "Take this picture" }).click();
  assert.notDeepEqual(await settled(page.locator(BOARD)), before);
  const other = await shown(t, "#bundle=coded&tab=encode", { permissions: [] });
  await other.getByRole("button", { name: "Camera" }).click();
  await other.locator(".notice", { hasText: "The camera was not allowed." }).waitFor();
});

test("axe finds nothing, and a phone's width is enough", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=encode", { viewport: { width: 390, height: 800 } });
  await page.locator(".nearest canvas").first().waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await accessible(page);
  const other = await shown(t, "#bundle=dann&tab=encode");
  await other.locator(".classes").waitFor();
  await accessible(other);
});
