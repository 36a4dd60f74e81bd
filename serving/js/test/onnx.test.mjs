import assert from "node:assert/strict";
import { test } from "node:test";

import { InputError } from "../dist/errors.js";
import { onnxFacts } from "../dist/onnx.js";

/** Protobuf, written by hand: a field of bytes, of text, of a number. */
const varint = (number) => (number < 128 ? [number] : [(number % 128) + 128, ...varint(Math.floor(number / 128))]);
const bytes = (field, content) => [...varint(field * 8 + 2), ...varint(content.length), ...content];
const text = (field, value) => bytes(field, [...new TextEncoder().encode(value)]);
const number = (field, value) => [...varint(field * 8), ...varint(value)];

const entry = (key, value) => bytes(13, [...text(1, key), ...text(2, value)]);
const outside = (location) => [
  ...text(8, "w"),
  ...entry("offset", "64"),
  ...entry("location", location),
  ...number(14, 1),
];
const opset = (version, domain) => bytes(8, [...(domain === undefined ? [] : text(1, domain)), ...number(2, version)]);
const node = (...fields) => bytes(1, fields.flat());
const attribute = (...fields) => bytes(5, fields.flat());
const graph = (...fields) => bytes(7, fields.flat());
const model = (...fields) => Uint8Array.from([...number(1, 9), ...opset(18), ...graph(), ...fields.flat()]);
const refused = (content, message) =>
  assert.throws(
    () => onnxFacts("a.onnx", content),
    (error) => error instanceof InputError && message.test(error.message),
  );

test("versions, and no other file where all is inside", () => {
  const inside = bytes(5, [...text(8, "w"), ...bytes(9, new Array(300).fill(255))]);
  assert.deepEqual(onnxFacts("a.onnx", model(opset(1, "com.microsoft"), graph(inside))), {
    irVersion: 9,
    opset: 18,
    locations: new Map(),
    operators: new Set(),
    functions: 0,
    sparse: 0,
  });
});

test("what nodes compute, in branches and functions too", () => {
  const named = (name, domain) => [...text(4, name), ...(domain === undefined ? [] : text(7, domain))];
  const branch = attribute(bytes(6, node(named("Mul", "ai.onnx"))));
  const facts = onnxFacts(
    "a.onnx",
    model(graph(node(named("If"), branch), node(named("Sub", "mine"))), bytes(25, bytes(7, named("Add", "")))),
  );
  assert.deepEqual(facts.operators, new Set(["If", "Mul", "mine.Sub", "Add"]));
  assert.equal(facts.functions, 1);
});

for (const [where, content] of [
  ["an initializer", graph(bytes(5, outside("here")))],
  ["a sparse initializer's values", graph(bytes(15, bytes(1, outside("here"))))],
  ["a sparse initializer's indices", graph(bytes(15, bytes(2, outside("here"))))],
  ["an attribute", graph(node(attribute(bytes(5, outside("here")))))],
  ["one of an attribute's tensors", graph(node(attribute(bytes(10, outside("here")))))],
  ["an attribute's sparse tensor", graph(node(attribute(bytes(22, bytes(1, outside("here"))))))],
  ["a branch", graph(node(attribute(bytes(6, bytes(5, outside("here"))))))],
  ["one of several branches", graph(node(attribute(bytes(11, node(attribute(bytes(5, outside("here"))))))))],
  ["a function", bytes(25, bytes(7, attribute(bytes(5, outside("here")))))],
  ["a function's default", bytes(25, bytes(11, bytes(5, outside("here"))))],
  ["a training graph", bytes(20, bytes(1, bytes(5, outside("here"))))],
]) {
  test(`a file named by ${where} is found`, () => {
    assert.deepEqual(onnxFacts("a.onnx", model(content)).locations, new Map([["here", 64]]));
  });
}

test("every location counts, also one that is stated twice or not at all", () => {
  const twice = [...entry("location", "one"), ...entry("location", "/etc/passwd")];
  const none = number(14, 1);
  assert.deepEqual(
    onnxFacts("a.onnx", model(graph(bytes(5, twice), bytes(5, none)))).locations,
    new Map([
      ["one", 0],
      ["/etc/passwd", 0],
      ["", 0],
    ]),
  );
});

test("as many bytes count as the tensor that ends last needs", () => {
  const placed = (offset, length) =>
    bytes(5, [...entry("location", "here"), ...entry("offset", offset), ...entry("length", length)]);
  const facts = onnxFacts("a.onnx", model(graph(placed("64", "8"), placed("0", "16"))));
  assert.deepEqual(facts.locations, new Map([["here", 72]]));
  refused(model(graph(placed("64", "-8"))), /numbers at a place that is none/);
});

test("what is no model", () => {
  refused(new Uint8Array(), /^a\.onnx must be an ONNX model\. Received: bytes without its version\.$/);
  refused(Uint8Array.from(number(1, 9)), /bytes without a graph/);
  refused(new TextEncoder().encode("<!doctype html>"), /must be an ONNX model/);
  refused(Uint8Array.from([...number(1, 9), 255]), /a file that ends too early/);
  refused(model(graph(bytes(5, outside("here")))).slice(0, -1), /a file that ends too early/);
  refused(Uint8Array.from(new Array(11).fill(255)), /a number of more than 64 bits/);
  refused(Uint8Array.from([8, 9, 0x78, 0, 0x4f, 0x52, 0x54, 0x4d]), /ONNX Runtime's own format/);
  let deep = [];
  for (let depth = 0; depth < 50; depth += 1) {
    deep = node(attribute(bytes(6, deep)));
  }
  refused(model(graph(deep)), /graphs inside each other without end/);
});
