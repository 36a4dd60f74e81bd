import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { Bundle, InputError } from "../dist/node.js";

/** The least that is a model: an IR version and a graph. */
const MODEL = Uint8Array.of(8, 9, 0x3a, 0);
const WEIGHTS = Uint8Array.of(1, 2, 3);
const sha256 = (content) => createHash("sha256").update(content).digest("hex");
const stored = (file, content) => ({ file, sha256: sha256(content), size: content.length });

function manifest(changes = {}) {
  const network = {
    ...stored("a.onnx", MODEL),
    inputs: {},
    outputs: {},
    weights: stored("a.weights", WEIGHTS),
    ...changes,
  };
  return { format_version: 2, model: "vae", networks: { a: network }, image: { height: 1, width: 1, channels: 1 } };
}

function files(changes = {}) {
  const text = new TextEncoder().encode(JSON.stringify(changes.manifest ?? manifest()));
  const { manifest: _, ...others } = changes;
  return { "manifest.json": text, "a.onnx": MODEL, "a.weights": WEIGHTS, ...others };
}

const inMemory = (changes) => new Map(Object.entries(files(changes)));
const refused = (promise, message) =>
  assert.rejects(
    promise,
    (error) => error instanceof InputError && message.test(error.message) && !/\n/.test(error.message),
  );

const folders = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function folder(changes) {
  const place = await mkdtemp(join(tmpdir(), "bundle"));
  folders.push(place);
  await Promise.all(Object.entries(files(changes)).map(([name, content]) => writeFile(join(place, name), content)));
  return place;
}

test("a folder, its address, files in memory, a reader, and a bundle that is open", async () => {
  const place = await folder();
  const reader = { name: "mine", read: async (file) => files()[file] };
  for (const source of [place, pathToFileURL(place), inMemory(), reader, await Bundle.open(place)]) {
    const model = await (await Bundle.open(source)).model("a");
    assert.deepEqual([...model.content], [...MODEL]);
    assert.equal(model.weights.file, "a.weights");
    assert.deepEqual([...model.weights.content], [...WEIGHTS]);
  }
});

test("altered files are refused by their hash, network and weights", async () => {
  const altered = await Bundle.open(inMemory({ "a.onnx": Uint8Array.of(8, 8, 0x3a, 0) }));
  await refused(
    altered.model("a"),
    new RegExp(`a\\.onnx must have the SHA-256 ${sha256(MODEL)}\\. Received: [0-9a-f]{64}\\.$`),
  );
  const weights = await Bundle.open(await folder({ "a.weights": Uint8Array.of(1, 2, 4) }));
  await refused(weights.model("a"), /a\.weights must have the SHA-256 /);
});

test("truncated and inflated files are refused when the bundle is opened", async () => {
  for (const open of [
    (changes) => Bundle.open(inMemory(changes)),
    async (changes) => Bundle.open(await folder(changes)),
  ]) {
    await refused(open({ "a.onnx": Uint8Array.of(8) }), /a\.onnx must have 4 bytes\. Received: 1\.$/);
    await refused(open({ "a.weights": new Uint8Array(4) }), /a\.weights must have 3 bytes\. Received: 4\.$/);
  }
  const reader = { name: "mine", read: async (file) => files({ "a.onnx": Uint8Array.of(8) })[file] };
  await refused((await Bundle.open(reader)).model("a"), /a\.onnx must have 4 bytes\. Received: 1\.$/);
});

test("a model may read no file but its own weights", async () => {
  const entry = [
    0x6a,
    17,
    0x0a,
    8,
    ...new TextEncoder().encode("location"),
    0x12,
    5,
    ...new TextEncoder().encode("other"),
  ];
  const content = Uint8Array.of(8, 9, 0x3a, 2 + entry.length, 0x2a, entry.length, ...entry);
  const reading = (weights) =>
    inMemory({ "a.onnx": content, manifest: manifest({ ...stored("a.onnx", content), weights }) });
  const beside = await Bundle.open(reading(stored("a.weights", WEIGHTS)));
  await refused(
    beside.model("a"),
    /a\.onnx must read no other file than a\.weights\. Received: one that reads "other"\.$/,
  );
  const inside = await Bundle.open(reading(null));
  await refused(inside.model("a"), /a\.onnx must have all its numbers inside\. Received: one that reads "other"\.$/);
});

test("links that lead out of the bundle are refused", async () => {
  const place = await folder();
  const target = join(place, "a.onnx");
  const linked = await folder();
  await rm(join(linked, "a.onnx"));
  await symlink(target, join(linked, "a.onnx"));
  const outside = (file) =>
    new RegExp(`${file} must be a file of its own, or a link to one of .* Received: a link to `);
  await refused(Bundle.open(linked), outside("a.onnx"));
  await rm(join(linked, "manifest.json"));
  await symlink(join(place, "manifest.json"), join(linked, "manifest.json"));
  await refused(Bundle.open(linked), outside("manifest.json"));
});

test("what is no bundle", async () => {
  const place = await folder();
  await refused(
    Bundle.open(join(place, "nowhere")),
    /must be a bundle with a manifest\.json\. Received: no such folder\.$/,
  );
  await rm(join(place, "manifest.json"));
  await refused(Bundle.open(place), /Received: a folder without one\.$/);
  await refused(Bundle.open(join(place, "a.onnx")), /Received: a file\.$/);
  await refused(Bundle.open(new Map()), /^the bundle must have manifest\.json\. Received: /);
  await refused(Bundle.open(new Map([["manifest.json", Uint8Array.of(255, 254)]])), /a manifest must be UTF-8/);
  await refused(
    Bundle.open(inMemory({ manifest: { format_version: 4 } })),
    /manifest\.json: manifest\.format_version must be at most 3/,
  );
  const missing = await folder();
  await rm(join(missing, "a.weights"));
  await refused(Bundle.open(missing), /a\.weights must be there, as the manifest names it\. Received: no such file\.$/);
  await refused((await Bundle.open(inMemory())).model("b"), /must have the network "b"\. Received: a bundle with a\.$/);
});

test("what a manifest names must be a file", async () => {
  const place = await folder();
  await rm(join(place, "a.onnx"));
  const { mkdir } = await import("node:fs/promises");
  await mkdir(join(place, "a.onnx"));
  await refused(Bundle.open(place), /a\.onnx must be a file of its own\. Received: something else\.$/);
});
