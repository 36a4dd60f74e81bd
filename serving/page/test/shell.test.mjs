import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, given, open, wall } from "./browser.mjs";

test("the list of bundles leads to one and back, by pointer and by keyboard", async (t) => {
  const page = await open(t);
  await page.locator(".list strong").first().waitFor();
  assert.deepEqual((await page.locator(".list strong").allTextContents()).sort(), [...given.names].sort());
  await page.getByRole("link", { name: /coded/ }).click();
  await page.getByRole("heading", { name: "coded" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Models" }).waitFor();
  await page.getByRole("link", { name: /^biggan/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("tab", { name: "Wall", selected: true }).waitFor();
  await page.keyboard.press("Tab");
});

test("tabs are those of the networks, and arrow keys go from one to the next", async (t) => {
  const page = await open(t, "#bundle=coded");
  await page.getByRole("tab", { name: "Wall" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("tab", { name: "Latent space", selected: true }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "tab-latent");
  await page.keyboard.press("Home");
  await page.getByRole("tab", { name: "Wall", selected: true }).waitFor();
});

test("a bundle of networks of another origin is played with as any", async (t) => {
  const page = await open(t, "#bundle=foreign");
  assert.equal((await wall(page, 3)).length, 3);
});

test("a damaged file is a sentence, and the page goes on", async (t) => {
  const page = await open(t, "#bundle=damaged");
  const message = page.locator(".notice");
  await message.waitFor();
  assert.match(await message.textContent(), /decoder\.\w+ must have the SHA-256 [0-9a-f]{64}\. Received/);
  await message.getByRole("button", { name: "Close this message" }).click();
  await page.getByRole("link", { name: "All models" }).click();
  await page.getByRole("link", { name: /coded/ }).click();
  await wall(page, 1);
});

test("a bundle that is not there, and a manifest that is none, are sentences", async (t) => {
  const page = await open(t, "#bundle=nobody", { expected: /404/ });
  await page.getByText("There is no model called “nobody” here.").waitFor();
  const other = await open(t, "#bundle=emptied");
  await other.getByText(/manifest\.json: .* must/).waitFor();
  await other.getByRole("button", { name: "Try again" }).waitFor();
});

test("a page without bundles says what to do", async (t) => {
  const page = await open(t, "", { at: given.empty });
  await page.getByRole("heading", { name: "No model yet" }).waitFor();
  await page.getByText("keras-gen page bundles/vae --out site").waitFor();
  await accessible(page);
});

test("the folder of a bundle on this machine is opened", async (t) => {
  const page = await open(t, "", { at: given.empty });
  await page.locator("input[type=file]").setInputFiles(given.folder);
  await page.getByRole("heading", { name: "coded" }).waitFor();
  await wall(page, 1);
});

test("colours are as the system's, or as chosen", async (t) => {
  const page = await open(t, "", { colorScheme: "dark" });
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await paper();
  await page.getByLabel("Colours").selectOption("Light");
  assert.notEqual(await paper(), dark);
  await page.reload();
  assert.notEqual(await paper(), dark);
});

test("axe finds nothing in any view, and a phone's width is enough", async (t) => {
  const page = await open(t, "", { viewport: { width: 390, height: 800 } });
  const fits = async () => {
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    await accessible(page);
  };
  await page.getByRole("heading", { name: "Models" }).waitFor();
  await fits();
  await page.goto(`${given.isolated}#bundle=biggan`);
  await wall(page, 3);
  await fits();
  await page.locator(".wall .tile").first().click();
  await page.locator("dialog canvas").waitFor();
  await fits();
  await page.keyboard.press("Escape");
  await page.goto(`${given.isolated}#bundle=coded&tab=latent`);
  await page.locator(".here canvas[aria-busy=false]").waitFor();
  await page.getByRole("button", { name: "Add to path" }).click();
  await page.getByRole("button", { name: "Random point" }).click();
  await page.getByRole("button", { name: "Add to path" }).click();
  await page.getByRole("button", { name: "Play" }).waitFor();
  await fits();
});

test("from a server without special headers the page has one thread, and opens without a connection", async (t) => {
  const page = await open(t, "#bundle=coded&seed=4", {
    at: given.plain,
    locale: "en",
    expected: /ERR_INTERNET_DISCONNECTED/,
  });
  const [first] = await wall(page, 1);
  await page.getByText("1 thread").first().waitFor({ state: "attached" });
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    const kept = async () => (await caches.keys()).some((name) => name.startsWith("keras-gen-page-"));
    while (!(navigator.serviceWorker.controller && (await kept()))) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  await page.context().setOffline(true);
  await page.reload();
  assert.deepEqual((await wall(page, 1))[0], first);
});
