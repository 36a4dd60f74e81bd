import assert from "node:assert/strict";
import { test } from "node:test";

import { address, given, open, pixels, record, saved, wall } from "./browser.mjs";

for (const { bundle, hash, n } of given.walls) {
  test(`${bundle} draws what Python draws: ${hash}`, async (t) => {
    const page = await open(t, `#bundle=${bundle}&${hash}`);
    record({ bundle, hash, pictures: await wall(page, n) });
  });
}

test("the seed is typed, and one that is none changes nothing", async (t) => {
  const page = await open(t, "#bundle=coded");
  await wall(page, 1);
  const before = await page.evaluate(() => document.querySelector(".wall canvas").toDataURL());
  await page.getByLabel("Seed").fill("-9223372036854775808");
  await page.waitForFunction((old) => document.querySelector(".wall canvas").toDataURL() !== old, before);
  assert.equal((await address(page, "seed")).seed, "-9223372036854775808");
  await page.getByLabel("Seed").fill("9223372036854775808");
  assert.equal(await page.getByLabel("Seed").getAttribute("aria-invalid"), "true");
  assert.equal((await address(page, "seed")).seed, "-9223372036854775808");
});

test("another one is large at once, and its link shows the same to others", async (t) => {
  const page = await open(t, "#bundle=biggan&truncation=0.7");
  await wall(page, 1);
  await page.getByRole("button", { name: "Another one" }).click();
  const canvas = page.locator("dialog canvas");
  await canvas.waitFor();
  await page.locator("dialog").getByRole("button", { name: "Another one" }).click();
  await page.locator("dialog").getByRole("button", { name: "Next" }).click();
  await page.locator("dialog").getByText("Picture 2 ·").waitFor();
  await page.waitForTimeout(100);
  await page.locator("dialog").getByRole("button", { name: "Copy link" }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await open(t, new URL(link).hash);
  await other.locator("dialog canvas").waitFor();
  assert.deepEqual(await pixels(other.locator("dialog canvas")), await pixels(canvas));
});

test("the wall is walked through by keyboard", async (t) => {
  const page = await open(t, "#bundle=coded&seed=3");
  await wall(page, 14);
  await page.locator(".wall .tile").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const { picture } = await address(page, "picture");
  const columns = await page.evaluate(
    () => getComputedStyle(document.querySelector(".wall")).gridTemplateColumns.split(" ").length,
  );
  assert.equal(Number(picture), columns + 1);
  await page.locator("dialog canvas").waitFor();
  await page.keyboard.press("ArrowRight");
  await page.getByText(`Picture ${columns + 3}`).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
});

test("a picture and the whole wall are saved pixel by pixel", async (t) => {
  const page = await open(t, "#bundle=coded&seed=3&picture=5");
  await page.locator("dialog canvas").waitFor();
  const one = await saved(page, () => page.locator("dialog").getByRole("button", { name: "Save PNG" }).click());
  assert.equal(one.name, "coded-3-5.png");
  record({ bundle: "coded", seed: 3, index: 5, png: one.content.toString("base64") });
  await page.keyboard.press("Escape");
  await wall(page, 60);
  const all = await saved(page, () => page.getByRole("button", { name: "Save the wall" }).click());
  assert.equal(all.name, "coded-3.png");
  record({ bundle: "coded", seed: 3, count: 60, png: all.content.toString("base64") });
});

test("programs make the same picture", async (t) => {
  const page = await open(t, "#bundle=biggan&seed=7&class=2&truncation=0.5&picture=3");
  await page.locator("dialog canvas").waitFor();
  const language = page.getByLabel("Language of the program");
  const programs = {};
  for (const name of await language.locator("option").allTextContents()) {
    await language.selectOption(name);
    await page.locator(".same").getByRole("button", { name: "Copy" }).click();
    programs[name] = await page.evaluate(() => navigator.clipboard.readText());
  }
  record({ programs, picture: await pixels(page.locator("dialog canvas")) });
});
