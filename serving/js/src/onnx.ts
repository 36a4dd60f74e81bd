/** What must be known of an ONNX file before a runtime sees it: what it computes with, and which files it names. */

import { InputError } from "./errors.js";
import { DOMAINS } from "./schema.js";

/** Facts of an ONNX file. */
export interface OnnxFacts {
  readonly irVersion: number;
  /** Of ONNX's own operators; 0 where none is stated. */
  readonly opset: number;
  /** Files that tensors are read from, and how many bytes each must have; empty where all is inside. */
  readonly locations: ReadonlyMap<string, number>;
  /** What nodes compute, `domain.name`; ONNX's own operators by their name alone. */
  readonly operators: ReadonlySet<string>;
  /** How many operators the file defines itself, and how many of its tensors are sparse. */
  readonly functions: number;
  readonly sparse: number;
}

/** What is collected on the way through the file. */
interface Found {
  readonly locations: Map<string, number>;
  readonly operators: Set<string>;
  functions: number;
  sparse: number;
}

type Kind = "model" | "training" | "graph" | "function" | "node" | "attribute" | "sparse" | "tensor";

/** Which fields of which messages of ONNX's format lead to tensors. Source: onnx.proto, IR version 13. */
const PARTS: Readonly<Record<Kind, Readonly<Record<number, Kind>>>> = {
  model: { 7: "graph", 20: "training", 25: "function" },
  training: { 1: "graph", 2: "graph" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  function: { 7: "node", 11: "attribute" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: {},
};
const MODEL_IR_VERSION = 1;
const MODEL_GRAPH = 7;
const MODEL_OPSET_IMPORT = 8;
const OPSET_DOMAIN = 1;
const OPSET_VERSION = 2;
const TENSOR_EXTERNAL_DATA = 13;
const TENSOR_DATA_LOCATION = 14;
const NODE_OPERATOR = 4;
const NODE_DOMAIN = 7;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;
/** Keys of external data whose values are numbers. */
const PLACES: readonly string[] = ["offset", "length"];
const DEEPEST = 64;
/** Bytes 4 to 7 of the other format that the runtime would take, which is not looked into here. */
const OTHER_FORMAT = "ORTM";

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/**
 * Reads the facts of an ONNX file.
 *
 * @throws InputError bytes that are no ONNX model.
 */
export function onnxFacts(name: string, content: Uint8Array): OnnxFacts {
  const found: Found = { locations: new Map(), operators: new Set(), functions: 0, sparse: 0 };
  let irVersion = 0;
  let opset = 0;
  let graphs = 0;
  try {
    if (String.fromCharCode(...content.subarray(4, 8)) === OTHER_FORMAT) {
      throw new Malformed("a model in ONNX Runtime's own format");
    }
    for (const { number, value } of fields(content)) {
      if (number === MODEL_IR_VERSION && typeof value === "number") {
        irVersion = value;
      } else if (number === MODEL_OPSET_IMPORT && typeof value !== "number") {
        opset = Math.max(opset, ownOpset(value));
      }
      graphs += Number(number === MODEL_GRAPH);
    }
    collect("model", content, found, 0);
    if (irVersion < 1) {
      throw new Malformed("bytes without its version");
    }
    if (graphs === 0) {
      throw new Malformed("bytes without a graph");
    }
  } catch (error) {
    if (error instanceof Malformed) {
      throw new InputError(`${name} must be an ONNX model. Received: ${error.message}.`);
    }
    throw error;
  }
  return { irVersion, opset, ...found };
}

class Malformed extends Error {}

function collect(kind: Kind, message: Uint8Array, found: Found, depth: number): void {
  if (depth > DEEPEST) {
    throw new Malformed("graphs inside each other without end");
  }
  if (kind === "tensor") {
    for (const location of externalLocations(message)) {
      found.locations.set(location, Math.max(end(message), found.locations.get(location) ?? 0));
    }
    return;
  }
  if (kind === "node") {
    found.operators.add(operator(message));
  }
  found.functions += Number(kind === "function");
  found.sparse += Number(kind === "sparse");
  for (const { number, value } of fields(message)) {
    const part = PARTS[kind][number];
    if (part !== undefined && typeof value !== "number") {
      collect(part, value, found, depth + 1);
    }
  }
}

function externalLocations(tensor: Uint8Array): string[] {
  const found: string[] = [];
  let outside = false;
  for (const { number, value } of fields(tensor)) {
    if (number === TENSOR_DATA_LOCATION) {
      outside ||= value !== 0;
    } else if (number === TENSOR_EXTERNAL_DATA && typeof value !== "number") {
      outside = true;
      const entry = texts(value);
      if (entry.get(ENTRY_KEY) === "location") {
        found.push(entry.get(ENTRY_VALUE) ?? "");
      }
    }
  }
  return outside && found.length === 0 ? [""] : found;
}

/** The byte of another file where the numbers of a tensor end. */
function end(tensor: Uint8Array): number {
  let bytes = 0;
  for (const { number, value } of fields(tensor)) {
    const entry = number === TENSOR_EXTERNAL_DATA && typeof value !== "number" ? texts(value) : undefined;
    if (entry !== undefined && PLACES.includes(entry.get(ENTRY_KEY) ?? "")) {
      const text = entry.get(ENTRY_VALUE) ?? "";
      if (!/^[0-9]{1,18}$/.test(text)) {
        throw new Malformed("numbers at a place that is none");
      }
      bytes += Number(text);
    }
  }
  return bytes;
}

/** What a node computes. */
function operator(node: Uint8Array): string {
  const stated = texts(node);
  const domain = stated.get(NODE_DOMAIN) ?? "";
  return `${isOwnDomain(domain) ? "" : `${domain}.`}${stated.get(NODE_OPERATOR) ?? ""}`;
}

/** The opset of ONNX's own operators that an entry of `opset_import` asks for. */
function ownOpset(entry: Uint8Array): number {
  const domain = texts(entry).get(OPSET_DOMAIN) ?? "";
  if (!isOwnDomain(domain)) {
    return 0;
  }
  const version = [...fields(entry)].find(({ number }) => number === OPSET_VERSION)?.value;
  return typeof version === "number" ? version : 0;
}

/** Whether a domain is ONNX's own. */
function isOwnDomain(domain: string): boolean {
  return (DOMAINS as readonly string[]).includes(domain);
}

function texts(message: Uint8Array): Map<number, string> {
  const found = new Map<number, string>();
  for (const { number, value } of fields(message)) {
    if (typeof value !== "number") {
      found.set(number, new TextDecoder().decode(value));
    }
  }
  return found;
}

/** The fields of a protobuf message; those of a fixed length as 0, which no field that is asked for has. */
function* fields(message: Uint8Array): Generator<Field> {
  let place = 0;
  const varint = (): number => {
    let number = 0;
    for (let scale = 1, bytes = 0; bytes < 10; scale *= 128, bytes += 1) {
      const byte = message[place++];
      if (byte === undefined) {
        throw new Malformed("a file that ends too early");
      }
      number += (byte & 127) * scale;
      if (byte < 128) {
        return number;
      }
    }
    throw new Malformed("a number of more than 64 bits");
  };
  const skip = (length: number): number => {
    place += length;
    if (place > message.length) {
      throw new Malformed("a file that ends too early");
    }
    return place - length;
  };
  while (place < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case VARINT:
        yield { number, value: varint() };
        break;
      case BYTES: {
        const length = varint();
        const start = skip(length);
        yield { number, value: message.subarray(start, start + length) };
        break;
      }
      case FIXED64:
      case FIXED32:
        skip(tag % 8 === FIXED64 ? 8 : 4);
        yield { number, value: 0 };
        break;
      default:
        throw new Malformed("bytes of another kind");
    }
  }
}
