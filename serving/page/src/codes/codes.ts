/** Codes of training pictures that a bundle may carry, with their classes and small pictures. */

import { InputError, type Rows } from "keras-gen";

import type { File } from "../network/calls";
import type { Client } from "../network/client";
import { parseNpy } from "./npy";

export interface Codes extends Rows {
  readonly count: number;
  /** A class for each; none where the data has no classes. */
  readonly labels: readonly number[] | undefined;
  readonly atlas: Atlas | undefined;
}

/** Small pictures of what was encoded, in rows, in the order of the codes. */
export interface Atlas {
  readonly image: ImageBitmap;
  readonly height: number;
  readonly width: number;
  readonly columns: number;
}

type Entry = Readonly<Record<string, unknown>>;

export function hasCodes(entries: Entry): boolean {
  return isEntry(entries["codes"]);
}

/** @throws CallError, InputError files that are not what the manifest says. */
export async function readCodes(client: Client, entries: Entry, size: number): Promise<Codes> {
  const entry = entries["codes"];
  if (!isEntry(entry)) {
    throw new InputError("the bundle must have codes. Received: a manifest without them.");
  }
  const { data, shape } = parseNpy(await client.call("file", file(entry)), "the codes");
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
  const { data } = parseNpy(await client.call("file", file(entry)), "the classes of the codes");
  if (data.length !== count) {
    throw new InputError(`the codes must have a class each, ${count} in all. Received: ${data.length}.`);
  }
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

async function readAtlas(client: Client, entry: Entry, count: number): Promise<Atlas> {
  const content = await client.call("file", file(entry));
  const image = await createImageBitmap(new Blob([content as Uint8Array<ArrayBuffer>], { type: "image/png" }));
  const [height, width] = Array.isArray(entry["tile"]) ? entry["tile"].map(Number) : [];
  const columns = Number(entry["columns"]);
  if (!(height! > 0 && width! > 0 && columns > 0) || Math.ceil(count / columns) * height! > image.height) {
    throw new InputError(`the pictures of the codes must be ${count} tiles. Received: ${image.width}x${image.height}.`);
  }
  return { image, height: height!, width: width!, columns };
}

/** The picture of code `index`, drawn into a rectangle. */
export function drawTile(context: CanvasRenderingContext2D, atlas: Atlas, index: number, side: number): void {
  const { image, height, width, columns } = atlas;
  const scale = side / Math.max(height, width);
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, side, side);
  context.drawImage(
    image,
    (index % columns) * width,
    Math.floor(index / columns) * height,
    width,
    height,
    (side - width * scale) / 2,
    (side - height * scale) / 2,
    width * scale,
    height * scale,
  );
}

function file({ file, sha256, size }: Entry): File {
  if (typeof file !== "string" || typeof sha256 !== "string" || typeof size !== "number") {
    throw new InputError("an entry of the manifest must name a file, its SHA-256 and its size. Received: another one.");
  }
  return { file, sha256, size };
}

function isEntry(value: unknown): value is Entry {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
