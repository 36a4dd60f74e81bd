// Translates a picture of noise on the page, and prints how long it took, in how many steps, and the largest memory
// that a tab's process had. Called by page_tiles.py.

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [manifest, given] = process.argv.slice(2);
const { address, chromium: executablePath, side } = JSON.parse(given);
const { chromium } = createRequire(manifest)("playwright-core");

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage();
page.setDefaultTimeout(0);
await page.goto(`${address}#tab=translate`);
await page.getByLabel("Longer side").selectOption("0");
const content = await page.evaluate(async (side) => {
  const image = new ImageData(side, side);
  for (let at = 0; at < image.data.length; at += 65536) {
    crypto.getRandomValues(image.data.subarray(at, at + 65536));
  }
  const canvas = new OffscreenCanvas(side, side);
  canvas.getContext("2d").putImageData(image, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}, side);
const before = largest();
const started = performance.now();
await page
  .locator(".sources input[type=file]")
  .setInputFiles({ name: "noise.png", mimeType: "image/png", buffer: Buffer.from(content, "base64") });
await page.waitForFunction((side) => document.querySelector(".compare .after canvas")?.width === side, side);
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, before, peak: largest(), browser: browser.version() }));
await browser.close();

/** Bytes of memory that the largest renderer below this process ever had. */
function largest() {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const status = readFileSync(`/proc/${name}/status`, "utf8");
        const field = (key) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(status)?.[1]);
        return [{ id: Number(name), parent: field("PPid"), peak: field("VmHWM"), line: commandOf(name) }];
      } catch {
        return []; // it has ended
      }
    });
  const own = new Set([process.pid]);
  for (let before = 0; before !== own.size; ) {
    before = own.size;
    processes.filter(({ parent }) => own.has(parent)).forEach(({ id }) => own.add(id));
  }
  const renderers = processes.filter(({ id, line }) => own.has(id) && line.includes("--type=renderer"));
  return 1024 * Math.max(...renderers.map(({ peak }) => peak));
}

function commandOf(id) {
  return readFileSync(`/proc/${id}/cmdline`, "utf8");
}
