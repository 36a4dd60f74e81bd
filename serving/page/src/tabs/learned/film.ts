/** The film of a training that a bundle may carry, as `film.schema.json` describes it. */

import { InputError } from "keras-gen";

import type { File } from "../../network/calls";

export interface Film {
  readonly kind: "pictures" | "points";
  readonly frames: readonly Frame[];
  /** Points of the data, in pairs. */
  readonly real: Float32Array | undefined;
  /** Figures by epoch: columns of one length, `epoch` among them. */
  readonly history: ReadonlyMap<string, readonly (number | null)[]>;
  readonly alarms: readonly Alarm[];
  /** Lowest and highest coordinate of the surface. */
  readonly plane: readonly [number, number];
}

export interface Frame {
  readonly epoch: number;
  readonly step: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly picture?: ImageBitmap;
  readonly points?: PointFrame;
}

/** Coordinates are in pairs. */
export interface PointFrame {
  readonly samples: Float32Array;
  /** From 0, generated, to 255, real; the highest second coordinate first. */
  readonly surface: Uint8Array;
  /** Rows and columns of the surface. */
  readonly side: number;
  readonly warped: Float32Array;
  /** Of the warped grid: lines, and points in each. */
  readonly lines: readonly [number, number];
  readonly gradients: Float32Array;
}

export interface Alarm {
  readonly epoch: number;
  readonly figure: string;
  readonly value: number | null;
  readonly cause: string;
}

type Entry = Readonly<Record<string, unknown>>;
type Read = (file: File) => Promise<Uint8Array>;

interface Part {
  readonly type: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Which frame is shown at an epoch: the newest up to it, or the first one. */
export function indexAt({ frames }: Film, epoch: number): number {
  return Math.max(0, frames.filter((frame) => frame.epoch <= epoch).length - 1);
}

export function hasFilm(entries: Entry): boolean {
  return isEntry(entries["film"]);
}

/** @throws InputError no film, or files that are not what they should be. */
export async function readFilm(read: Read, entries: Entry): Promise<Film> {
  const stored = entry(entries["film"], "the film");
  const document = entry(JSON.parse(new TextDecoder().decode(await read(file(stored)))), "film.json");
  const content = await read(file(entry(stored["frames"], "the frames of the film")));
  const parts = entry(document["parts"], "the parts of the film");
  const taken = (places: unknown, name: string): Part => part(content, parts, places, name);
  const kind = document["kind"] === "points" ? "points" : "pictures";
  const still = isEntry(document["still"]) ? document["still"] : {};
  const plane = Array.isArray(document["plane"]) ? document["plane"].map(Number) : [];
  return {
    kind,
    frames: await Promise.all(list(document["frames"]).map((one) => frame(entry(one, "a frame"), kind, taken))),
    real: "real" in still ? floats(taken(still, "real")) : undefined,
    history: new Map(
      Object.entries(entry(document["history"], "the figures of the film")).map(([name, column]) => [
        name,
        list(column).map((value) => (typeof value === "number" ? value : null)),
      ]),
    ),
    alarms: list(document["alarms"]).map((one) => alarm(entry(one, "an alarm"))),
    plane: [plane[0] ?? -1, plane[1] ?? 1],
  };
}

async function frame(
  { epoch, step, at, figures }: Entry,
  kind: Film["kind"],
  taken: (places: unknown, name: string) => Part,
): Promise<Frame> {
  const shown = {
    epoch: Number(epoch),
    step: Number(step),
    figures: isEntry(figures) ? (figures as Record<string, number>) : {},
  };
  if (kind === "pictures") {
    const { bytes } = taken(at, "picture");
    const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/png" });
    return { ...shown, picture: await createImageBitmap(blob) };
  }
  const [surface, warped] = [taken(at, "surface"), taken(at, "warped")];
  const points = {
    samples: floats(taken(at, "samples")),
    surface: surface.bytes,
    side: surface.shape[0] ?? 0,
    warped: floats(warped),
    lines: [warped.shape[0] ?? 0, warped.shape[1] ?? 0] as const,
    gradients: floats(taken(at, "gradients")),
  };
  return { ...shown, points };
}

function part(content: Uint8Array, parts: Entry, places: unknown, name: string): Part {
  const { type, shape } = entry(parts[name], `the ${name} of the film`);
  const [first = 0, size = 0] = list(entry(places, "the places of a frame")[name]).map(Number);
  const sides = Array.isArray(shape) ? shape.map(Number) : [];
  const wanted = sides.reduce((product, side) => product * side, type === "float32" ? 4 : 1);
  if (first + size > content.length || (type !== "png" && size !== wanted)) {
    throw new InputError(`the ${name} of the film must have ${wanted} bytes. Received: ${content.length - first}.`);
  }
  return { type: String(type), shape: sides, bytes: content.slice(first, first + size) };
}

function floats({ type, bytes }: Part): Float32Array {
  if (type !== "float32") {
    throw new InputError(`points of a film must be float32. Received: ${type}.`);
  }
  return new Float32Array(bytes.buffer);
}

function alarm({ epoch, figure, value, cause }: Entry): Alarm {
  const number = typeof value === "number" ? value : null;
  return { epoch: Number(epoch), figure: String(figure), value: number, cause: String(cause) };
}

function file({ file, sha256, size }: Entry): File {
  if (typeof file !== "string" || typeof sha256 !== "string" || typeof size !== "number") {
    throw new InputError("an entry of the manifest must name a file, its SHA-256 and its size. Received: another one.");
  }
  return { file, sha256, size };
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new InputError(`film.json must hold lists where they belong. Received: ${typeof value}.`);
  }
  return value;
}

function entry(value: unknown, name: string): Entry {
  if (!isEntry(value)) {
    throw new InputError(`${name} must be an object. Received: ${typeof value}.`);
  }
  return value;
}

function isEntry(value: unknown): value is Entry {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
