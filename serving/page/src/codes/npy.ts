/** Arrays in NumPy's file format, in the types that bundles hold. */

import { InputError } from "keras-gen";

export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | BigInt64Array;
}

const TYPES = { "<f4": Float32Array, "|u1": Uint8Array, "<i8": BigInt64Array } as const;
const MAGIC = "\x93NUMPY";

/** @throws InputError no such file, another type, or a shape that is not that of its bytes. */
export function parseNpy(content: Uint8Array, name: string): NpyArray {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length < 12 || String.fromCharCode(...content.subarray(0, 6)) !== MAGIC) {
    throw new InputError(`${name} must be a file in NumPy's format. Received: another one.`);
  }
  const [begin, length] = content[6] === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  const header = new TextDecoder("latin1").decode(content.subarray(begin, begin + length));
  const [type = "", order, axes = ""] =
    /'descr': '(.*?)'.*'fortran_order': (True|False).*'shape': \((.*?)\)/.exec(header)?.slice(1) ?? [];
  const shape = axes.split(",").filter(Boolean).map(Number);
  const Kind = TYPES[type as keyof typeof TYPES];
  if (Kind === undefined || order !== "False") {
    throw new InputError(`${name} must be float32, uint8 or int64, in the order of C. Received: ${type || "another"}.`);
  }
  const bytes = content.slice(begin + length);
  if (bytes.length !== shape.reduce((product, side) => product * side, Kind.BYTES_PER_ELEMENT)) {
    throw new InputError(`${name} must have the bytes of its shape, ${shape.join("x")}. Received: ${bytes.length}.`);
  }
  return { shape, data: new Kind(bytes.buffer) };
}
