/** Codes of training pictures that a bundle may carry, with their classes and small pictures. */

import { InputError, type Rows } from "keras-gen";

import type { Client } from "../network/client";
import { fileOf, isEntry, readAtlas, type Atlas, type Entry } from "./atlas";
import { parseNpy } from "./npy";

export interface Codes extends Rows {
  readonly count: number;
  /** A class for each; none where the data has no classes. */
  readonly labels: readonly number[] | undefined;
  readonly atlas: Atlas | undefined;
}

export function hasCodes(entries: Entry): boolean {
  return isEntry(entries["codes"]);
}

/** @throws CallError, InputError files that are not what the manifest says. */
export async function readCodes(client: Client, entries: Entry, size: number): Promise<Codes> {
  const entry = entries["codes"];
  if (!isEntry(entry)) {
    throw new InputError("the bundle must have codes. Received: a manifest without them.");
  }
  const { data, shape } = parseNpy(await client.call("file", fileOf(entry)), "the codes");
  const [count = 0, length = 0] = shape;
  if (!(data instanceof Float32Array) || shape.length !== 2 || length !== size) {
    throw new InputError(`the codes must be float32 in rows of ${size}. Received: ${shape.join("x")}.`);
  }
  const { labels, atlas } = entry;
  return {
    data,
    size,
    count,
    labels: isEntry(labels) ? await readLabels(client, labels, count) : undefined,
    atlas: isEntry(atlas) ? await readAtlas(client, atlas, count) : undefined,
  };
}

async function readLabels(client: Client, entry: Entry, count: number): Promise<readonly number[]> {
  const { data } = parseNpy(await client.call("file", fileOf(entry)), "the classes of the codes");
  if (data.length !== count) {
    throw new InputError(`the codes must have a class each, ${count} in all. Received: ${data.length}.`);
  }
  return Array.from(data as ArrayLike<number | bigint>, Number);
}
