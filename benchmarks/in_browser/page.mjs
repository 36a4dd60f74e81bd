/** What `benchmarks/page.py` measures in the browser: `node page.mjs PACKAGE_JSON_WITH_PLAYWRIGHT OPTIONS`. */

import { createRequire } from "node:module";

const [, , packages, options] = process.argv;
const { chromium } = createRequire(packages)("playwright-core");
const { address, chromium: executablePath, rounds, seconds } = JSON.parse(options);

/** Runs before the page's own script: when the first picture was drawn, how many were, and tasks above 50 ms. */
function watch() {
  globalThis.watched = { first: undefined, drawn: 0, task: 0 };
  const { prototype } = CanvasRenderingContext2D;
  const { putImageData } = prototype;
  prototype.putImageData = function (...words) {
    putImageData.apply(this, words);
    watched.first ??= performance.now();
    if (this.canvas.closest?.(".here > canvas")) {
      watched.drawn += 1;
    }
  };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      watched.task = Math.max(watched.task, duration);
    }
  }).observe({ type: "longtask", buffered: true });
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
let opening = 0;

/** Seconds from the start of a visit to the first picture on the wall. */
async function first(context) {
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(`${address}#bundle=vae&tab=wall`);
  await page.waitForFunction(() => watched.first !== undefined);
  const { first, task } = await page.evaluate(() => watched);
  opening = Math.max(opening, task);
  await page.close();
  return first / 1000;
}

async function kept(context, work) {
  const page = await context.newPage();
  await page.goto(`${address}licences.txt`);
  await page.evaluate(work);
  await page.close();
}

const found = { visit: [], files: [], cache: [] };
for (let round = 0; round < rounds; round += 1) {
  const context = await browser.newContext();
  found.visit.push(await first(context));
  await kept(context, () => navigator.serviceWorker.ready.then(() => undefined));
  await kept(context, () => caches.delete("keras-gen-files"));
  found.files.push(await first(context));
  found.cache.push(await first(context));
  await context.close();
}

const page = await browser.newPage();
await page.addInitScript(watch);
await page.goto(`${address}#bundle=gan&tab=latent`);
await page.locator(".here > canvas[aria-busy=false]").waitFor();
await page.waitForTimeout(4000); // the plane and the strips are drawn
const { x, y, width, height } = await page.getByRole("application").boundingBox();
const threads = await page.evaluate(() => (crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1));
await page.evaluate(() => Object.assign(watched, { drawn: 0, task: 0 }));
const began = performance.now();
for (let step = 0; performance.now() - began < seconds * 1000; step += 1) {
  await page.mouse.move(x + width * (0.5 + 0.4 * Math.sin(step / 9)), y + Math.min(height, 400) * (0.5 + 0.4 * Math.cos(step / 7)));
}
const { drawn, task } = await page.evaluate(() => watched);
const rate = drawn / ((performance.now() - began) / 1000);
console.log(
  JSON.stringify({
    visit: median(found.visit),
    files: median(found.files),
    cache: median(found.cache),
    opening,
    rate,
    task,
    threads,
    browser: `Chromium ${browser.version()}`,
  }),
);
await browser.close();
