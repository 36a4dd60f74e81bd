import assert from "node:assert/strict";
import { test } from "node:test";

import { InputError, parseManifest } from "../dist/node.js";

const DIGEST = "0".repeat(64);

function document() {
  const tensor = { axes: ["n", 3], dtype: "float32", range: [-1, 1] };
  const network = {
    file: "a.onnx",
    sha256: DIGEST,
    size: 3,
    inputs: { x: tensor },
    outputs: { y: { ...tensor, range: null } },
  };
  return { format_version: 1, model: "vae", networks: { a: network }, image: { height: 8, width: 9, channels: 1 } };
}

function refused(changed, message) {
  assert.throws(
    () => parseManifest(typeof changed === "string" ? changed : JSON.stringify(changed)),
    (error) => error instanceof InputError && !error.message.includes("\n") && message.test(error.message),
  );
}

/** The document with another value at a path of keys. */
function changed(path, value) {
  const whole = document();
  const last = path.at(-1);
  path.slice(0, -1).reduce((node, key) => node[key], whole)[last] = value;
  return whole;
}

test("format 1, with what it leaves out", () => {
  const manifest = parseManifest(JSON.stringify(document()));
  assert.deepEqual(manifest.image, { height: 8, width: 9, channels: 1, anySize: false, multiple: 1 });
  assert.deepEqual(manifest.networks.get("a").inputs.get("x"), { axes: ["n", 3], dtype: "float32", range: [-1, 1] });
  assert.equal(manifest.networks.get("a").outputs.get("y").range, null);
  assert.equal(manifest.networks.get("a").weights, null);
  assert.deepEqual([manifest.latent, manifest.classes, manifest.weights], [null, [], "raw"]);
});

test("format 2, with weights beside a network and facts of quantization", () => {
  const whole = { ...document(), format_version: 2, latent: { size: 2, prior: null }, classes: ["zero", "one"] };
  whole.networks.a.weights = { file: "a.weights", sha256: DIGEST, size: 7 };
  whole.quantization = { a: { kind: "int8", psnr: 41.5, at_least: 40 } };
  whole.parity = { a: { y: 1e-6 } };
  const manifest = parseManifest(JSON.stringify(whole));
  assert.deepEqual(manifest.networks.get("a").weights, { file: "a.weights", sha256: DIGEST, size: 7 });
  assert.deepEqual(manifest.quantization.get("a"), { kind: "int8", psnr: 41.5, atLeast: 40 });
  assert.deepEqual(manifest.latent, { size: 2, prior: null });
  assert.equal(manifest.parity.get("a").get("y"), 1e-6);
});

test("a newer format is named", () => {
  refused({ ...document(), format_version: 3 }, /^format_version must be at most 2\. Received: 3\..*newer keras-gen/);
  // Whatever else it may hold.
  refused({ format_version: 99, all: "new" }, /^format_version must be at most 2\. Received: 99\./);
});

for (const file of ["../a.onnx", "/a.onnx", "b/a.onnx", "", "..", "b\\a.onnx", ".a", "a\0"]) {
  test(`a file outside the bundle is refused: ${JSON.stringify(file)}`, () => {
    refused(changed(["networks", "a", "file"], file), /networks\.a\.file must be a plain file name inside the bundle/);
    refused(
      changed(["networks", "a", "weights"], { file, sha256: DIGEST, size: 1 }),
      /networks\.a\.weights\.file must be a plain file name inside the bundle/,
    );
  });
}

for (const [path, value, message] of [
  [["image", "height"], 0, /^manifest\.image\.height must be an integer of at least 1\. Received: 0\.$/],
  [["image", "height"], true, /must be an integer of at least 1\. Received: true\.$/],
  [["image", "height"], 1.5, /must be an integer of at least 1\. Received: 1\.5\.$/],
  [["image", "height"], 2 ** 60, /must be an integer of at least 1/],
  [["weights"], "best", /^manifest\.weights must be "raw" or "ema"\. Received: "best"\.$/],
  [["latent"], { size: 2, prior: "cauchy" }, /^manifest\.latent\.prior must be "standard_normal" or/],
  [["networks", "a", "sha256"], "12", /64 hexadecimal digits/],
  [["networks", "a", "sha256"], "G".repeat(64), /64 hexadecimal digits/],
  [["networks", "a", "size"], -1, /an integer of at least 0/],
  [["networks", "a", "inputs", "x", "range"], [1], /inputs\.x\.range must be \[lowest, highest\]/],
  [["networks", "a", "inputs", "x", "axes"], ["n", 0], /axes must be an integer of at least 1/],
  [["networks", "a", "inputs"], [], /inputs must be an object\. Received: \[\]\.$/],
  [["networks", "a"], null, /networks\.a must be an object\. Received: null\.$/],
  [["extra"], 1, /^manifest has an unknown entry\. Received: "extra"\.$/],
  [["classes"], "zero", /classes must be an array/],
  [["quantization"], { a: { kind: "int3", psnr: 1, at_least: 1 } }, /quantization\.a\.kind must be "int8" or "fp16"/],
  [["model"], 3, /model must be a string/],
]) {
  test(`an ill-typed entry is named by its place: ${path.join(".")} ${JSON.stringify(value)}`, () => {
    refused(changed(path, value), message);
  });
}

test("a missing entry is named", () => {
  const { model, ...rest } = document();
  refused(rest, /^manifest must have "model"\. Received: \["format_version","image","networks"\]\.$/);
});

test("what is no manifest at all", () => {
  refused("{", /^a manifest must be JSON\. Received: /);
  for (const text of ["[]", "null", "3", '"{}"', "{}", '{"format_version": "1"}']) {
    refused(text, /manifest/);
  }
});

test("names that every object inherits are names like others", () => {
  const whole = document();
  whole.networks.constructor = whole.networks.a;
  const manifest = parseManifest(JSON.stringify(whole));
  assert.deepEqual([...manifest.networks.keys()], ["a", "constructor"]);
  assert.equal(manifest.networks.get("toString"), undefined);
  refused(JSON.stringify(document()).replace('"model"', '"__proto__":{"model":"x"},"other"'), /must have "model"/);
});
