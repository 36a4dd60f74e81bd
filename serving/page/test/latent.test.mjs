import assert from "node:assert/strict";
import { test } from "node:test";

import { address, open, pixels, record, saved } from "./browser.mjs";

const HERE = ".here > canvas";
const DONE = ".here > canvas[aria-busy=false]";

async function shown(t, hash) {
  const page = await open(t, hash);
  await page.locator(DONE).waitFor();
  return page;
}

/** The picture of the point that the address names, when it is the last that was asked for. */
async function recorded(page, bundle, label) {
  const { z } = await address(page, "z");
  await settled(page);
  record({ bundle, z, label, picture: await pixels(page.locator(HERE)) });
  return z;
}

/** Waits for the picture that was asked for last. */
async function settled(page) {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  await page.locator(DONE).waitFor();
}

test("a click on the plane decodes that point, and moving shows others until the pointer leaves", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=latent");
  const plane = page.getByRole("application");
  const { x, y, width, height } = await plane.boundingBox();
  await page.mouse.click(x + 0.96 * width, y + 0.04 * height);
  await recorded(page, "coded");
  const before = await pixels(page.locator(HERE));
  for (let step = 0; step < 20; step += 1) {
    await page.mouse.move(x + (0.9 - 0.04 * step) * width, y + 0.4 * height);
  }
  await settled(page);
  assert.notDeepEqual(await pixels(page.locator(HERE)), before);
  await page.mouse.move(x + width + 40, y - 20);
  await settled(page);
  assert.deepEqual(await pixels(page.locator(HERE)), before);
});

test("the plane is walked over by keyboard", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=latent");
  await page.getByRole("application").focus();
  for (const key of ["ArrowRight", "Shift+ArrowUp", "ArrowRight", "ArrowLeft", "ArrowDown"]) {
    await page.keyboard.press(key);
  }
  await recorded(page, "coded");
});

test("a dot is a code: its picture under the pointer, its latent at a click", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=latent");
  await page.getByText("1,500 codes of training pictures").waitFor();
  const plane = page.getByRole("application");
  const { x, y, width, height } = await plane.boundingBox();
  for (let step = 0; step < 60 && (await page.locator(".tip canvas").count()) === 0; step += 1) {
    await page.mouse.move(x + (0.3 + 0.007 * step) * width, y + 0.5 * height);
  }
  await page.locator(".tip small").waitFor();
  await page.mouse.down();
  await page.mouse.up();
  record({ code: await recorded(page, "coded") });
});

test("sliders change one dimension, and more of a class goes towards it", async (t) => {
  const page = await shown(t, "#bundle=vae&tab=latent");
  const slider = page.locator(".dimension input").nth(2);
  await slider.focus();
  await page.keyboard.press("End");
  await recorded(page, "vae");
  const other = await shown(t, "#bundle=coded&tab=latent");
  await other.locator(".sliders input").nth(3).fill("1");
  record({ attribute: 3, z: await recorded(other, "coded") });
});

test("a class is told to the decoder", async (t) => {
  const page = await shown(t, "#bundle=conditional_vae&tab=latent");
  await page.getByLabel("Class").selectOption({ index: 2 });
  await page.getByRole("button", { name: "Random point" }).click();
  await recorded(page, "conditional_vae", 2);
});

test("two dimensions of many, from a link", async (t) => {
  const page = await shown(t, "#bundle=biggan&tab=latent&plane=3,1&class=1");
  assert.equal(await page.getByLabel("Across").inputValue(), "3");
  await page.getByRole("application").focus();
  await page.keyboard.press("ArrowUp");
  const z = await recorded(page, "biggan", 1);
  const { href } = new URL(page.url());
  const again = await shown(t, new URL(href).hash);
  await settled(again);
  assert.deepEqual(await pixels(again.locator(HERE)), await pixels(page.locator(HERE)));
  assert.equal((await address(again, "z")).z, z);
});

test("a path is walked, saved as GIF and WebM, and shortened", async (t) => {
  const page = await shown(t, "#bundle=coded&tab=latent");
  for (let point = 0; point < 3; point += 1) {
    await page.getByRole("button", { name: "Random point" }).click();
    await page.getByRole("button", { name: "Add to path" }).click();
    await page.locator(`.points li:nth-child(${point + 1}) canvas`).waitFor();
  }
  await page.getByRole("button", { name: "Remove point 3" }).click();
  await page.locator(".points li").nth(2).waitFor({ state: "detached" });
  assert.equal(await page.locator(".points li").count(), 2);
  await page.getByLabel("Along the path").fill("1");
  await settled(page);
  const last = await pixels(page.locator(".points canvas").nth(1));
  assert.deepEqual(await pixels(page.locator(HERE)), last);
  await page.getByRole("button", { name: "Play" }).click();
  const gif = await saved(page, () => page.getByRole("button", { name: "Save GIF" }).click());
  record({ film: "gif", content: gif.content.toString("base64") });
  await page.getByRole("button", { name: "Pause" }).click();
  const webm = await saved(page, () => page.getByRole("button", { name: "Save WebM" }).click());
  record({ film: "webm", content: webm.content.toString("base64") });
});

test("a picture of the wall is looked around from its own latent", async (t) => {
  const page = await open(t, "#bundle=conditional_vae&seed=5&picture=4");
  const canvas = page.locator("dialog canvas");
  await canvas.waitFor();
  const before = await pixels(canvas);
  await page.getByRole("button", { name: "Look around it" }).click();
  await page.locator(DONE).waitFor();
  await settled(page);
  assert.deepEqual(await pixels(page.locator(HERE)), before);
});
