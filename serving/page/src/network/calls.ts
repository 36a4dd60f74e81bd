/** What the page asks of the Worker, by name: what a call takes and what it gives. */

import type { Manifest, Pictures, Rows } from "keras-gen";

/** Grey levels, whatever the bundle's own pictures are. */
export type Bytes = Pictures<Uint8Array>;
/** Where a network computes. */
export type Processor = "wasm" | "webgpu";

/** A file beside the manifest: its name, and what it must hash to and have in bytes. */
export interface File {
  readonly file: string;
  readonly sha256: string;
  readonly size: number;
}

/** What the page knows of a bundle that is open. */
export interface Opened {
  readonly manifest: Manifest;
  /** The manifest as it was written, for entries that only the page reads: codes, film. */
  readonly entries: Readonly<Record<string, unknown>>;
  readonly takesClass: boolean;
  /** Whether the noise takes a truncation. */
  readonly truncates: boolean;
  /** `a`, `b`, or the names of classes where one network is told one. */
  readonly translatesTo: readonly string[];
  /** Whether what it translates to are classes. */
  readonly tellsClass: boolean;
  /** How many times larger pictures become that are translated to `b`; 1 where they keep their size. */
  readonly enlarge: number;
  /** Whether a picture has several answers, one for each seed. */
  readonly answers: boolean;
}

interface Drawing {
  readonly n: number;
  /** A 64-bit integer in decimal digits. */
  readonly seed: string;
  readonly labels?: readonly number[] | undefined;
  readonly truncation?: number | undefined;
}

/** What a picture is translated to, and the seed of the answer where there are several. */
export interface Wanted {
  readonly to: string;
  /** A 64-bit integer in decimal digits. */
  readonly seed?: string | undefined;
}

export interface Calls {
  /** Opens the bundle at an address, or of files that were given, and closes the one before. */
  open: { takes: { place: string; files?: ReadonlyMap<string, Blob> | undefined }; gives: Opened };
  sample: { takes: Drawing; gives: Bytes };
  latents: { takes: Drawing & { readonly start: number }; gives: Rows };
  decode: { takes: { latents: Rows; labels?: readonly number[] | undefined }; gives: Bytes };
  encode: { takes: { pictures: Bytes; labels?: readonly number[] | undefined }; gives: Rows };
  classify: { takes: { pictures: Bytes }; gives: Rows };
  /** Tells its progress in tiles. */
  translate: { takes: { picture: Bytes } & Wanted; gives: Bytes };
  /** The bytes of a file that the manifest names, after its size and hash were checked. */
  file: { takes: File; gives: Uint8Array };
  /** The mean and the two directions in which rows of numbers differ most, with the deviation along each. */
  principal: { takes: { rows: Rows }; gives: { mean: Float32Array; axes: Rows; deviations: Float32Array } };
}

export type Name = keyof Calls;

/** From the page to the Worker: how to compute, once; calls; and that a call is no longer wanted. */
export type Asked =
  | { readonly processor: Processor; readonly threads: number }
  | { readonly id: number; readonly name: Name; readonly takes: unknown }
  | { readonly cancel: number };

/** What went wrong: a mistake in what was given, too little memory, a device that went away, or anything else. */
export type Trouble = "input" | "memory" | "device" | "other";

/** From the Worker to the page. */
export type Answered =
  | { readonly id: number; readonly gives: unknown }
  | { readonly id: number; readonly progress: number }
  | { readonly id: number; readonly trouble: Trouble; readonly message: string };
