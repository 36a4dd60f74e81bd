import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, address, given, open, pixels, record } from "./browser.mjs";

const MOMENT = "canvas.moment";

async function shown(t, hash, options) {
  const page = await open(t, hash, options);
  await page.locator(MOMENT).first().waitFor();
  return page;
}

async function at(page, epoch, film = 0) {
  await page.locator(`.column >> nth=${film} >> ${MOMENT}[data-epoch="${epoch}"]`).waitFor();
}

test("the last frame is there at first, and the slider goes to every other by keyboard", async (t) => {
  const page = await shown(t, "#bundle=faces&tab=learned");
  await at(page, 4);
  const slider = page.getByRole("slider", { name: "Training" });
  await slider.focus();
  for (const [key, epoch] of [
    ["Home", 0],
    ["ArrowRight", 1],
    ["End", 4],
    ["ArrowLeft", 2],
  ]) {
    await page.keyboard.press(key);
    await at(page, epoch);
    record({ faces: epoch, picture: await pixels(page.locator(MOMENT)) });
  }
  await page.getByText("epoch 2, 20 steps").waitFor();
  await page.waitForFunction(() => /epoch=2$/.test(location.hash));
});

test("the film is played to its end, and from its beginning again", async (t) => {
  const page = await shown(t, "#bundle=ring&tab=learned");
  for (let turn = 0; turn < 2; turn += 1) {
    await page.getByRole("button", { name: "Play" }).click();
    await at(page, 0);
    await at(page, 4);
    await page.getByRole("button", { name: "Play", pressed: false }).waitFor();
  }
});

test("each layer of points is shown and hidden", async (t) => {
  const page = await shown(t, "#bundle=ring&tab=learned&epoch=1");
  const boxes = page.getByRole("checkbox");
  await boxes.first().waitFor();
  for (const box of await boxes.all()) {
    await box.uncheck();
  }
  const empty = await pixels(page.locator(MOMENT));
  for (const name of ["Samples", "Data", /^What the discriminator/, "Generator’s grid", "Where samples are driven"]) {
    await page.getByRole("checkbox", { name, exact: true }).check();
    const one = await pixels(page.locator(MOMENT));
    assert.notDeepEqual(one, empty);
    if (name === "Samples") {
      record({ samples: one });
    }
    await page.getByRole("checkbox", { name, exact: true }).uncheck();
  }
  assert.deepEqual(await pixels(page.locator(MOMENT)), empty);
});

test("another film is shown beside it at the same epoch, also by a link", async (t) => {
  const page = await shown(t, "#bundle=ring&tab=learned&epoch=1");
  await page.getByLabel("Beside it").selectOption("spiral");
  await at(page, 1, 1);
  await page.getByRole("slider", { name: "Training" }).focus();
  await page.keyboard.press("ArrowRight");
  await at(page, 2, 0);
  await at(page, 2, 1);
  const columns = page.locator(".column");
  await columns.nth(0).getByText("Generator’s loss 1", { exact: true }).waitFor();
  await columns.nth(1).getByText("Generator’s loss 2", { exact: true }).waitFor();
  await address(page, "beside");
  const again = await shown(t, new URL(page.url()).hash);
  await at(again, 2, 1);
});

test("figures and alarms are those of the epoch, and an alarm leads to its epoch", async (t) => {
  const page = await shown(t, "#bundle=ring&tab=learned");
  await page.getByRole("img", { name: "Losses: Generator’s loss 3, Discriminator’s loss 0.75" }).waitFor();
  await page.getByRole("img", { name: /^Kullback-Leibler divergence: .* 0$/ }).waitFor();
  await page.getByRole("button", { name: "Epoch 2" }).click();
  await at(page, 2);
  await page.getByText("Diversity of samples 0.4: samples resemble each other").waitFor();
  await page.getByRole("img", { name: "Losses: Generator’s loss 1, Discriminator’s loss 1.25" }).waitFor();
});

test("a damaged film is a sentence", async (t) => {
  const page = await open(t, "#bundle=torn&tab=learned");
  await page
    .locator(".notice")
    .getByText(/film\.bin must have the SHA-256/)
    .waitFor();
});

test("axe finds nothing, and a phone's width is enough", async (t) => {
  const page = await shown(t, "#bundle=ring&tab=learned&beside=spiral", { viewport: { width: 390, height: 800 } });
  await at(page, 4, 1);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  await accessible(page);
  await page.goto(`${given.isolated}#bundle=faces&tab=learned`);
  await page.getByRole("heading", { name: "faces", level: 3 }).waitFor();
  await accessible(page);
});
