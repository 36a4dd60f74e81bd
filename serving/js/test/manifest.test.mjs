import assert from "node:assert/strict";
import { test } from "node:test";

import { parseManifest } from "../dist/node.js";

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

test("format 1, with what it leaves out", () => {
  const manifest = parseManifest(JSON.stringify(document()));
  const unknown = { valueRange: null, interpolation: null, interpolationA: null, interpolationB: null };
  assert.deepEqual(manifest.image, { height: 8, width: 9, channels: 1, anySize: false, multiple: 1, ...unknown });
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
  whole.providers = { openvino: { a: { bfloat16: 41.5 } } };
  const manifest = parseManifest(JSON.stringify(whole));
  assert.deepEqual(manifest.networks.get("a").weights, { file: "a.weights", sha256: DIGEST, size: 7 });
  assert.deepEqual(manifest.quantization.get("a"), { kind: "int8", psnr: 41.5, atLeast: 40, weightsOnly: false });
  assert.deepEqual(manifest.latent, { size: 2, prior: null });
  assert.equal(manifest.parity.get("a").get("y"), 1e-6);
  assert.equal(manifest.providers.get("openvino").get("a").get("bfloat16"), 41.5);
});

test("names that every object inherits are names like others", () => {
  const whole = document();
  whole.networks.constructor = whole.networks.a;
  const manifest = parseManifest(JSON.stringify(whole));
  assert.deepEqual([...manifest.networks.keys()], ["a", "constructor"]);
  assert.equal(manifest.networks.get("toString"), undefined);
});
