/**
 * A page in Chromium that does what it is told: each line of the input is a command in JSON, each line of the output its
 * result. It is run where `playwright-core` and `axe-core` are.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

const [executablePath] = process.argv.slice(1).filter((word) => word.startsWith("/"));
const AXE = readFileSync(createRequire(`${process.cwd()}/package.json`).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
const page = await browser.newPage();
page.setDefaultTimeout(60_000);
const wrong = [];
let own = "";
page.on("pageerror", (error) => wrong.push(error.message));
page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
page.on("request", (request) => request.url().startsWith(own) || wrong.push(`asked ${request.url()}`));

const commands = {
  async open(address) {
    own = address;
    await page.goto(address);
  },
  wait: (selector) => page.locator(selector).first().waitFor(),
  texts: (selector) => page.locator(selector).allInnerTexts(),
  attribute: (selector, name) => page.locator(selector).first().getAttribute(name),
  focus: (selector) => page.locator(selector).first().focus(),
  press: (key) => page.keyboard.press(key),
  click: (selector) => page.locator(selector).first().click(),
  // Pictures come a little after their elements.
  loaded: (selector) =>
    page
      .waitForFunction(
        (selector) => [...document.querySelectorAll(selector)].every((one) => one.complete && one.naturalWidth > 0),
        selector,
      )
      .then(() => true),
  async width(pixels, colorScheme) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: pixels, height: 900 });
    return page.evaluate(() => document.documentElement.scrollWidth);
  },
  async axe() {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  },
  wrong: () => wrong,
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...given] = JSON.parse(line);
  try {
    process.stdout.write(`${JSON.stringify({ result: (await commands[name](...given)) ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: error.message })}\n`);
  }
}
await browser.close();
