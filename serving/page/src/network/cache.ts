/** The files of a bundle, kept in the browser by their hashes. */

import { InputError, type Reader } from "keras-gen";

import type { File } from "./calls";

const FILES = "keras-gen-files";
const LISTS = "keras-gen-lists";
const MANIFEST = "manifest.json";

/**
 * Reads a bundle at an address, or from files that were given. A file with a known hash is taken from the browser's
 * cache where it is there and intact; the manifest comes from its server, and from the cache where that cannot be
 * reached.
 */
export class FileCache implements Reader {
  readonly name: string;
  entries: Readonly<Record<string, unknown>> = {};
  private hashes = new Map<string, string>();

  constructor(
    private readonly place: string,
    private readonly given?: ReadonlyMap<string, Blob> | undefined,
  ) {
    this.name = decodeURIComponent(place.replace(/\/$/, "").replace(/^.*\//, ""));
  }

  async read(file: string, most: number): Promise<Uint8Array> {
    const content = file === MANIFEST ? await this.list(file) : await this.file(file);
    if (content.length > most) {
      throw new InputError(`${this.name}/${file} must have at most ${most} bytes. Received: ${content.length}.`);
    }
    if (file === MANIFEST) {
      this.note(content);
    }
    return content;
  }

  /** The bytes of a file, after its size and hash were compared. */
  async verified({ file, sha256, size }: File): Promise<Uint8Array> {
    this.hashes.set(file, sha256);
    const content = await this.read(file, size);
    if ((await digest(content)) !== sha256) {
      throw new InputError(`${this.name}/${file} must have the SHA-256 ${sha256}. Received: another one.`);
    }
    return content;
  }

  private async file(file: string): Promise<Uint8Array> {
    const hash = this.hashes.get(file);
    const cache = hash === undefined || this.given !== undefined ? undefined : await opened(FILES);
    const key = cache && new URL(`sha256/${hash}`, this.place);
    const kept = key && (await cache?.match(key));
    if (kept !== undefined) {
      const content = new Uint8Array(await kept.arrayBuffer());
      if ((await digest(content)) === hash) {
        return content;
      }
    }
    const content = await this.fetched(file);
    if (key !== undefined && (await digest(content)) === hash) {
      await cache?.put(key, new Response(content as Uint8Array<ArrayBuffer>)).catch(() => undefined); // a full disk
    }
    return content;
  }

  private async list(file: string): Promise<Uint8Array> {
    if (this.given !== undefined) {
      return this.fetched(file);
    }
    return freshOrKept(new URL(file, this.place), `${this.name}/${file}`);
  }

  private async fetched(file: string): Promise<Uint8Array> {
    const name = `${this.name}/${file}`;
    if (this.given !== undefined) {
      const blob = this.given.get(file);
      if (blob === undefined) {
        throw new InputError(`${name} must be there. Received: ${[...this.given.keys()].join(", ")}.`);
      }
      return new Uint8Array(await blob.arrayBuffer());
    }
    const response = await fetch(new URL(encodeURIComponent(file), this.place)).catch(() => undefined);
    if (response?.ok !== true) {
      throw new InputError(`${name} must be there. Received: ${response?.status ?? "no answer"}.`);
    }
    return new Uint8Array(await response.arrayBuffer());
  }

  /** What a file must hash to, where the manifest says it; whether the manifest is one is for the package to check. */
  private note(content: Uint8Array): void {
    let entries: unknown;
    try {
      entries = JSON.parse(new TextDecoder().decode(content));
    } catch {
      return;
    }
    this.entries = isObject(entries) ? entries : {};
    const walk = (value: unknown): void => {
      if (Array.isArray(value)) {
        value.forEach(walk);
      } else if (isObject(value)) {
        const { file, sha256 } = value;
        if (typeof file === "string" && typeof sha256 === "string") {
          this.hashes.set(file, sha256);
        }
        Object.values(value).forEach(walk);
      }
    };
    walk(this.entries);
  }
}

/** The newest content at an address, or what it was where it cannot be reached. */
export async function freshOrKept(address: URL, name: string): Promise<Uint8Array> {
  const cache = await opened(LISTS);
  const response = await fetch(address, { cache: "no-cache" }).catch(() => undefined);
  if (response?.ok === true) {
    await cache?.put(address, response.clone()).catch(() => undefined); // a full disk
    return new Uint8Array(await response.arrayBuffer());
  }
  const kept = response === undefined ? await cache?.match(address) : undefined;
  if (kept === undefined) {
    throw new InputError(`${name} must be there. Received: ${response?.status ?? "no answer"}.`);
  }
  return new Uint8Array(await kept.arrayBuffer());
}

/** A cache, or nothing where the browser keeps none: in private windows, or over plain http. */
async function opened(name: string): Promise<Cache | undefined> {
  return globalThis.caches?.open(name).catch(() => undefined);
}

async function digest(content: Uint8Array): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", content as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object";
}
