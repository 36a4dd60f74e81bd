/** Where the files of a bundle come from: a folder (`folder.ts`), an address, or memory. */

import { InputError, said } from "./errors.js";
import type { Stored } from "./manifest.js";
import { requireReady } from "./ready.js";
import { MOST_BYTES } from "./schema.js";

/** The bytes of a file in a buffer of their own. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The files of a bundle, by their plain names. */
export interface Reader {
  /** What messages call the bundle. */
  readonly name: string;
  /**
   * The bytes of a file.
   *
   * @param file a plain file name.
   * @param most no more bytes than these are taken into memory.
   * @throws InputError no such file, or a longer one.
   */
  read(file: string, most: number): Promise<Uint8Array>;
  /** Raises InputError for a file that is not there or of another size, where that costs next to nothing. */
  check?(stored: Stored): Promise<void>;
}

/** Files in memory: their bytes by their names. */
export class MemoryReader implements Reader {
  readonly name = "the bundle";

  constructor(private readonly files: ReadonlyMap<string, Uint8Array>) {}

  async read(file: string, most: number): Promise<Uint8Array> {
    const content = this.content(file);
    requireAtMost(`${this.name}/${file}`, content.length, most);
    return content;
  }

  async check(stored: Stored): Promise<void> {
    requireSize(`${this.name}/${stored.file}`, stored, this.content(stored.file).length);
  }

  private content(file: string): Uint8Array {
    const content = this.files.get(file);
    if (content === undefined) {
      throw new InputError(`${this.name} must have ${file}. Received: ${[...this.files.keys()].join(", ")}.`);
    }
    return content;
  }
}

/** Files below an address, fetched. */
export class FetchReader implements Reader {
  readonly name: string;

  constructor(private readonly base: URL) {
    this.name = base.href.replace(/\/$/, "");
  }

  async read(file: string, most: number): Promise<Uint8Array> {
    const address = new URL(this.base);
    address.pathname = `${this.base.pathname.replace(/\/$/, "")}/${encodeURIComponent(file)}`;
    let response: Response;
    try {
      response = await fetch(address);
    } catch (error) {
      throw new InputError(`${address} must be an address that answers. Received: ${said(error)}.`);
    }
    if (!response.ok) {
      throw new InputError(`${address} must be a file. Received: status ${response.status}.`);
    }
    return received(address.href, response, most);
  }
}

/** A ready bundle in a folder at an address, whose `catalogue.json` has the names of all. */
export class ReadyReader implements Reader {
  private readonly files: FetchReader;
  private names: Promise<readonly string[]> | undefined;

  constructor(
    private readonly bundle: string,
    private readonly folder: URL,
  ) {
    this.files = new FetchReader(new URL(`${encodeURIComponent(bundle)}/`, folder));
  }

  get name(): string {
    return this.files.name;
  }

  async read(file: string, most: number): Promise<Uint8Array> {
    this.names ??= namesIn(new FetchReader(this.folder));
    requireReady(this.bundle, await this.names, this.folder.href);
    return this.files.read(file, most);
  }
}

async function namesIn(folder: FetchReader): Promise<readonly string[]> {
  const text = new TextDecoder().decode(await folder.read("catalogue.json", MOST_BYTES));
  return Object.keys(JSON.parse(text) as object).sort();
}

/** The body of an answer, which is given up where it grows longer than it may be. */
async function received(name: string, response: Response, most: number): Promise<Bytes> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const piece = await reader?.read();
      if (piece?.value === undefined) {
        break;
      }
      length += piece.value.length;
      requireAtMost(name, length, most);
      pieces.push(piece.value);
    }
  } catch (error) {
    await reader?.cancel().catch(() => undefined); // the answer is given up already; what went wrong is said below
    throw error instanceof InputError ? error : new InputError(`${name} must be readable. Received: ${said(error)}.`);
  }
  const whole = new Uint8Array(length);
  let place = 0;
  for (const piece of pieces) {
    whole.set(piece, place);
    place += piece.length;
  }
  return whole;
}

/** Raises InputError for a file of another size than the manifest's. */
export function requireSize(name: string, stored: Stored, size: number): void {
  if (size !== stored.size) {
    throw new InputError(`${name} must have ${stored.size} bytes. Received: ${size}.`);
  }
}

/** Raises InputError for a file that is too long. */
export function requireAtMost(name: string, size: number, most: number): void {
  if (size > most) {
    throw new InputError(`${name} must have at most ${most} bytes. Received: ${size} or more.`);
  }
}
