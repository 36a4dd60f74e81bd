/** A bundle: its manifest, and its files where they are what the manifest says. */

import { InputError, shown } from "./errors.js";
import { FILE_NAME, parseManifest, type Manifest, type Network, type Stored } from "./manifest.js";
import { onnxFacts, type OnnxFacts } from "./onnx.js";
import { requireNumbersFromNumbers } from "./operators.js";
import { platform } from "./platform.js";
import { MemoryReader, requireSize, type Reader } from "./readers.js";
import { MOST_BYTES } from "./schema.js";

/**
 * A folder in Node, an address, `ready:NAME` of a bundle that comes with the package, files in memory by their names, a
 * reader of your own, or a bundle that is open.
 */
export type Source = string | URL | ReadonlyMap<string, Uint8Array> | Reader | Bundle;

/** The verified bytes of a network. */
export interface Model {
  /** The file as messages call it. */
  readonly name: string;
  readonly content: Uint8Array;
  /** The file with the numbers of its initializers, where they are not inside. */
  readonly weights: { readonly file: string; readonly content: Uint8Array } | null;
  readonly facts: OnnxFacts;
}

/** What `keras-gen export` wrote. */
export class Bundle {
  private constructor(
    private readonly reader: Reader,
    readonly manifest: Manifest,
  ) {}

  /**
   * Reads a bundle's manifest. Sizes and hashes of the other files are checked when a file is first used, in a folder
   * and in memory sizes already now.
   *
   * @throws InputError not a bundle, a newer format, a manifest that is not valid, a missing or truncated file.
   */
  static async open(source: Source): Promise<Bundle> {
    if (source instanceof Bundle) {
      return source;
    }
    const reader = readerOf(source);
    const manifest = await readManifest(reader);
    for (const network of manifest.networks.values()) {
      await reader.check?.(network);
      if (network.weights !== null) {
        await reader.check?.(network.weights);
      }
    }
    return new Bundle(reader, manifest);
  }

  /** What messages call the bundle: its folder or address. */
  get name(): string {
    return this.reader.name;
  }

  /**
   * The manifest's entry of a network.
   *
   * @throws InputError a network that the bundle does not have.
   */
  network(name: string): Network {
    const network = this.manifest.networks.get(name);
    if (network === undefined) {
      const names = [...this.manifest.networks.keys()].join(", ");
      throw new InputError(`${this.name} must have the network ${shown(name)}. Received: a bundle with ${names}.`);
    }
    return network;
  }

  /**
   * The bytes of a network, after sizes and hashes were compared with the manifest's, the files that it names with the
   * one that the manifest gives it, and its operators with those that are allowed.
   *
   * @throws InputError a missing, truncated or altered file, one that is no ONNX model, one that reads another file, or
   *   an operator that is not allowed.
   */
  async model(name: string): Promise<Model> {
    const { weights, ...own } = this.network(name);
    const content = await this.verified(own);
    const path = `${this.name}/${own.file}`;
    const facts = onnxFacts(path, content);
    requireNumbersFromNumbers(path, facts);
    const strange = [...facts.locations.keys()].find((location) => location !== weights?.file);
    if (strange !== undefined) {
      const allowed = weights === null ? "have all its numbers inside" : `read no other file than ${weights.file}`;
      throw new InputError(`${path} must ${allowed}. Received: one that reads ${shown(strange)}.`);
    }
    const bytes = weights === null ? 0 : (facts.locations.get(weights.file) ?? 0);
    if (weights !== null && bytes > weights.size) {
      throw new InputError(`${path} must read the ${weights.size} bytes of ${weights.file}. Received: up to ${bytes}.`);
    }
    const beside = weights && { file: weights.file, content: await this.verified(weights) };
    return { name: path, content, weights: beside, facts };
  }

  private async verified(stored: Stored): Promise<Uint8Array> {
    const path = `${this.name}/${stored.file}`;
    const content = await this.reader.read(stored.file, stored.size);
    requireSize(path, stored, content.length);
    const digest = await sha256(content);
    if (digest !== stored.sha256) {
      throw new InputError(`${path} must have the SHA-256 ${stored.sha256}. Received: ${digest}.`);
    }
    return content;
  }
}

/**
 * The manifest of a bundle.
 *
 * @throws InputError not a bundle, or a manifest that is not valid.
 */
export async function readManifest(reader: Reader): Promise<Manifest> {
  const content = await reader.read(FILE_NAME, MOST_BYTES);
  try {
    return parseManifest(decoded(content));
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${reader.name}/${FILE_NAME}: ${error.message}`) : error;
  }
}

function readerOf(source: string | URL | ReadonlyMap<string, Uint8Array> | Reader): Reader {
  if (typeof source === "string" || source instanceof URL) {
    return platform().reader(source);
  }
  return "read" in source ? source : new MemoryReader(source);
}

function decoded(content: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw new InputError("a manifest must be UTF-8. Received: other bytes.");
  }
}

async function sha256(content: Uint8Array): Promise<string> {
  const { subtle } = platform();
  if (subtle === undefined) {
    throw new InputError(
      "a page must come over https, or from this machine, to check hashes. Received: a page without WebCrypto.",
    );
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", content as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
