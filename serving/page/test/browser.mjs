/** One Chromium for the tests of a file, and what they ask of a page. */

import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";

import { chromium } from "playwright-core";

/** Addresses, and what is known of the bundles there, from the tests in Python. */
export const given = JSON.parse(process.env["KERAS_GEN_PAGE_TESTS"] ?? "{}");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
let shared;
before(async () => {
  browser = await chromium.launch({
    executablePath: given.chromium,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--use-fake-device-for-media-stream"],
  });
  shared = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
});
after(async () => browser?.close());

/**
 * A page. When the test ends nothing must have gone wrong in it, and nothing been asked of another host.
 *
 * @param options of Playwright's context, for a page in one of its own; `expected`: messages of the console that are
 *   meant.
 */
export async function open(t, hash = "", { at = given.isolated, expected, ...options } = {}) {
  const own = Object.keys(options).length > 0;
  const context = own ? await browser.newContext(options) : shared;
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(at) && !/^(blob|data):/.test(request.url())) {
      wrong.push(`asked ${request.url()}`);
    }
  });
  t.after(async () => {
    await (own ? context : page).close();
    assert.deepEqual(
      wrong.filter((message) => expected === undefined || !expected.test(message)),
      [],
    );
  });
  await page.goto(at + hash);
  return page;
}

/** The picture on a canvas: its size, and red, green, blue and opacity of each pixel in base64. */
export async function pixels(locator) {
  return locator.evaluate((canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    let text = "";
    for (let at = 0; at < data.length; at += 4096) {
      text += String.fromCharCode(...data.subarray(at, at + 4096)); // a call takes only so many arguments
    }
    return { width, height, data: btoa(text) };
  });
}

/** Keeps something for the tests in Python to compare. */
export function record(entry) {
  appendFileSync(given.record, `${JSON.stringify(entry)}\n`);
}

/** The first `n` pictures of the wall, when all are there. */
export async function wall(page, n) {
  await page.locator(`.wall .tile:nth-child(${n}) canvas`).waitFor();
  return Promise.all(Array.from({ length: n }, (_, index) => pixels(page.locator(".wall canvas").nth(index))));
}

/** Waits for some frames without an animation: a change of colours begins late, and in what is inside later still. */
async function rested() {
  for (let quiet = 0; quiet < 5;) {
    await new Promise((done) => requestAnimationFrame(done));
    const running = document.getAnimations();
    await Promise.all(running.map((animation) => animation.finished.catch(() => undefined)));
    quiet = running.length ? 0 : quiet + 1;
  }
}

/** Fails for what axe finds, in light and dark. */
export async function accessible(page) {
  await page.evaluate(AXE);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(rested);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(
      violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)]),
      [],
    );
  }
}

/** Values of the address behind `#`, when one of them is there. */
export async function address(page, name) {
  await page.waitForFunction((name) => new URLSearchParams(location.hash.slice(1)).has(name), name);
  return Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.slice(1)));
}

/** The file that an act lets the browser save. */
export async function saved(page, act) {
  const [download] = await Promise.all([page.waitForEvent("download"), act()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) {
    chunks.push(chunk);
  }
  return { name: download.suggestedFilename(), content: Buffer.concat(chunks) };
}

/** A PNG file of coloured noise, made by the page's own browser. */
export async function noise(page, width, height, colours = 256) {
  const content = await page.evaluate(
    async ([width, height, colours]) => {
      const image = new ImageData(width, height);
      let state = 1;
      image.data.forEach((_, at) => {
        state = (state * 48271) % 2147483647;
        image.data[at] = at % 4 === 3 ? 255 : Math.floor(((state % colours) * 255) / (colours - 1));
      });
      const canvas = new OffscreenCanvas(width, height);
      canvas.getContext("2d").putImageData(image, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
      return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
    },
    [width, height, colours],
  );
  return Buffer.from(content, "base64");
}

/** Chooses a file to open in a tab that takes pictures. */
export async function choose(page, content, name = "noise.png", mimeType = "image/png") {
  await page.locator(".sources input[type=file]").setInputFiles({ name, mimeType, buffer: content });
}

/** What a canvas shows when it has stayed the same for a while. */
export async function settled(locator) {
  await locator.waitFor();
  await locator.evaluate(async (canvas) => {
    for (let before, same = 0; same < 5; same += 1) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      const now = canvas.toDataURL();
      same = now === before ? same : -1;
      before = now;
    }
  });
  return pixels(locator);
}
