/** Pictures that a bundle brings: one PNG with all of them, row by row. */

import { InputError } from "keras-gen";

import type { File } from "../network/calls";
import type { Client } from "../network/client";

/** Small pictures in rows, in the order of what they show. */
export interface Atlas {
  readonly image: ImageBitmap;
  readonly height: number;
  readonly width: number;
  readonly columns: number;
}

export type Entry = Readonly<Record<string, unknown>>;

/** @throws CallError, InputError a file that is not what the manifest says. */
export async function readAtlas(client: Client, entry: Entry, count: number): Promise<Atlas> {
  const content = await client.call("file", fileOf(entry));
  const image = await createImageBitmap(new Blob([content as Uint8Array<ArrayBuffer>], { type: "image/png" }));
  const [height, width] = Array.isArray(entry["tile"]) ? entry["tile"].map(Number) : [];
  const columns = Number(entry["columns"]);
  if (!(height! > 0 && width! > 0 && columns > 0) || Math.ceil(count / columns) * height! > image.height) {
    throw new InputError(
      `the pictures beside the networks must be ${count} tiles. Received: ${image.width}x${image.height}.`,
    );
  }
  return { image, height: height!, width: width!, columns };
}

/** Picture `index`, drawn into a rectangle. */
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

/** Picture `index` as it is stored. */
export function tileOf({ image, height, width, columns }: Atlas, index: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const [left, top] = [(index % columns) * width, Math.floor(index / columns) * height];
  canvas.getContext("2d")!.drawImage(image, left, top, width, height, 0, 0, width, height);
  return canvas;
}

/** The file that an entry of the manifest names. */
export function fileOf({ file, sha256, size }: Entry): File {
  if (typeof file !== "string" || typeof sha256 !== "string" || typeof size !== "number") {
    throw new InputError("an entry of the manifest must name a file, its SHA-256 and its size. Received: another one.");
  }
  return { file, sha256, size };
}

export function isEntry(value: unknown): value is Entry {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
