/** Pictures from one domain to another. */

import { Bundle, type Source } from "./bundle.js";
import { InputError, requireInteger, shown } from "./errors.js";
import type { Manifest, Network, Tensor } from "./manifest.js";
import { asSeed, type Seed } from "./numbers.js";
import {
  arrayType,
  count,
  cropped,
  mirrored,
  slice,
  toFloat,
  toUint8,
  type Pictures,
  type Values,
} from "./pictures.js";
import { resizeBox } from "./resize.js";
import type { RuntimeOptions } from "./runtime.js";
import { Sessions, type Feed, type Given } from "./sessions.js";
import { Axis, blended, type Told } from "./tiles.js";

const TILE = 768;
/** More pictures than have these pixels are slower at a time than one after the other. */
const PIXELS_AT_ONCE = 2 ** 16;
const OVERLAP = 0.25;
const SMALLEST_SIDE = 2;
const TO_CLASS = "to_class";

export type Domain = "a" | "b";

export interface TranslatorOptions extends RuntimeOptions {
  /**
   * Side of the tiles that pictures of more pixels are cut into, 768 by default; for a network that takes one size it
   * is that size.
   */
  readonly tile?: number | undefined;
}

export interface TranslateOptions {
  /** Of a model with noise: the seed of the answer, any 64-bit integer; 0 by default. */
  readonly seed?: Seed | undefined;
  /** Of a model with noise: which of the seed's answers every picture gets, from 0, the default. */
  readonly variant?: number | undefined;
  /** Ends the translation before the next tile, or the next few pictures, where it is aborted: it throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how much is done, above 0 and at most 1, after every tile or every few pictures, and waited for. */
  readonly onProgress?: ((done: number) => void | Promise<void>) | undefined;
}

/** What a network is given beside pictures, the same for each: a latent, where it has noise, or a class. */
interface Beside {
  readonly latent: Float32Array;
  readonly label: number | undefined;
}

interface Size {
  readonly height: number;
  readonly width: number;
}

export class Translator {
  private constructor(
    readonly bundle: Bundle,
    private readonly sessions: Sessions,
    /** Size of the tiles that larger pictures are cut into. */
    readonly tile: Size,
  ) {}

  /**
   * Opens a bundle. Files are read, checked and loaded when they are first needed.
   *
   * @throws InputError not a bundle of a model that translates; a tile that is too small.
   */
  static async open(source: Source, options: TranslatorOptions = {}): Promise<Translator> {
    const bundle = await Bundle.open(source);
    if (targets(bundle.manifest).length === 0) {
      throw new InputError(`${bundle.name} must translate. Received: a bundle of ${shown(bundle.manifest.model)}.`);
    }
    const { tile = TILE } = options;
    const { anySize, multiple, height, width } = bundle.manifest.image;
    requireInteger("tile", tile, 2 * multiple);
    const side = tile - (tile % multiple);
    return new Translator(
      bundle,
      new Sessions(bundle, options),
      anySize ? { height: side, width: side } : { height, width },
    );
  }

  get manifest(): Manifest {
    return this.bundle.manifest;
  }

  /** The domains that pictures can be translated to: `a`, `b`, or the classes of a network that is told one. */
  get targets(): readonly string[] {
    return targets(this.manifest);
  }

  /**
   * Translates pictures of one size, as many at once as is fastest, and those larger than a tile in tiles.
   *
   * @param images uint8 pictures of any size, with sides of at least 2 pixels.
   * @param to the domain to translate to, or the name of a class; may be left out where there is only one.
   */
  async translate(
    images: Pictures,
    to?: Domain | string,
    { seed, variant, signal, onProgress }: TranslateOptions = {},
  ): Promise<Pictures<Uint8Array>> {
    const network = this.towards(to);
    const given = this.checked(images);
    const beside = { latent: await this.latentOf(seed, variant), label: this.labelOf(to) };
    const padded = this.padded(given);
    const inTiles = padded.height * padded.width > this.tile.height * this.tile.width;
    const n = count(padded);
    const step = inTiles ? 1 : this.atOnce(given.height, given.width);
    let data: Uint8Array | undefined;
    let channels = 0;
    for (let start = 0, filled = 0; start < n; start += step) {
      const end = Math.min(n, start + step);
      const told = async (share: number): Promise<void> => {
        await onProgress?.((start + share * (end - start)) / n);
        signal?.throwIfAborted();
      };
      signal?.throwIfAborted();
      const part = slice(padded, start, end);
      const made = inTiles ? await this.inTiles(part, network, beside, told) : await this.run(network, part, beside);
      await (inTiles ? undefined : told(1));
      const wanted = cropped(made, 0, 0, given.height, given.width);
      channels = wanted.channels;
      data ??= new Uint8Array(n * given.height * given.width * channels);
      data.set(wanted.data, filled);
      filled += wanted.data.length;
    }
    return { data: data ?? new Uint8Array(), height: given.height, width: given.width, channels };
  }

  /** The size that a picture is brought to by mirroring its right and lower border, for the network to take it. */
  sizeInside(height: number, width: number): Size {
    const { anySize, multiple } = this.manifest.image;
    // At the smallest scale of a network a border must have a neighbour to be mirrored from.
    const least = anySize ? { height: 2 * multiple, width: 2 * multiple } : this.tile;
    const up = (length: number): number => Math.ceil(length / multiple) * multiple;
    return { height: up(Math.max(height, least.height)), width: up(Math.max(width, least.width)) };
  }

  /** How many pictures of a size are best translated at a time, with no more pixels than a tile. */
  atOnce(height: number, width: number): number {
    const inside = this.sizeInside(height, width);
    const pixels = Math.min(PIXELS_AT_ONCE, this.tile.height * this.tile.width);
    return Math.max(1, Math.floor(pixels / (inside.height * inside.width)));
  }

  /** Length of the latents by which a picture has several answers; 0 where it has one. */
  get noiseDim(): number {
    return Number(this.bundle.network(this.towards(this.targets[0])).inputs.get("latent")?.axes[1] ?? 0);
  }

  /** Gives the memory of the opened networks back. */
  async close(): Promise<void> {
    await this.sessions.close();
  }

  /** The latent of an answer; none for a model without noise. */
  private async latentOf(seed: Seed | undefined, variant: number | undefined): Promise<Float32Array> {
    if (this.noiseDim === 0) {
      if (seed !== undefined || variant !== undefined) {
        throw new InputError(
          `\`seed\` and \`variant\` must be left out for ${this.bundle.name}, which has one answer to each picture. ` +
            `Received: ${String(seed ?? variant)}.`,
        );
      }
      return new Float32Array();
    }
    requireInteger("variant", variant ?? 0, 0);
    const feed = { seed: integer(asSeed(seed ?? 0)), n: integer(1n), start: integer(BigInt(variant ?? 0)) };
    return (await this.sessions.run<Float32Array>("noise", feed, "latent", true)).data;
  }

  private async inTiles(
    picture: Pictures<Uint8Array>,
    network: string,
    beside: Beside,
    told: Told,
  ): Promise<Pictures<Uint8Array>> {
    const { multiple } = this.manifest.image;
    const axis = (length: number, tile: number): Axis =>
      new Axis(length, Math.min(length, tile), Math.trunc(OVERLAP * tile), multiple);
    const rows = axis(picture.height, this.tile.height);
    const columns = axis(picture.width, this.tile.width);
    const channels = Number(this.bundle.network(network).outputs.get("translation")?.axes[3]);
    const byStatistics = `${network}_tile`;
    if (!this.manifest.networks.has(byStatistics)) {
      return blended(picture, (tile) => this.run(network, tile, beside), rows, columns, channels, told);
    }
    const statistics = await this.statistics(picture, byStatistics, beside);
    const given = { statistics, [useOwnStatistics(this.bundle.network(byStatistics))]: number(0) };
    return blended(picture, (tile) => this.run(byStatistics, tile, beside, given), rows, columns, channels, told);
  }

  /** What the normalizations of a network measure in the picture, at a reduced size that is no larger than a tile. */
  private async statistics(picture: Pictures<Uint8Array>, network: string, beside: Beside): Promise<Given> {
    const { height, width } = picture;
    const scale = Math.min(1, Math.sqrt((this.tile.height * this.tile.width) / (height * width)));
    const reduced = (length: number): number => Math.max(1, Math.trunc(length * scale));
    const small = this.padded(resizeBox(picture, reduced(height), reduced(width)));
    const described = this.bundle.network(network);
    const size = Number(described.inputs.get("statistics")?.axes[1]);
    const feed = {
      image: this.asInput(network, small),
      statistics: { type: "float32", data: new Float32Array(size), dims: [1, size] },
      [useOwnStatistics(described)]: number(1),
      ...repeated(beside, 1),
    } as const;
    const measured = nameIn(described.outputs, "measured_statistics", "measured");
    const { data } = await this.sessions.run<Float32Array>(network, feed, measured);
    return { type: "float32", data, dims: [1, size] };
  }

  /** Pictures of a size that the network takes. */
  private async run(
    network: string,
    images: Pictures<Uint8Array>,
    beside: Beside,
    given: Feed = {},
  ): Promise<Pictures<Uint8Array>> {
    const feed = { image: this.asInput(network, images), ...repeated(beside, count(images)), ...given };
    const { data, dims } = await this.sessions.run<Values>(network, feed, "translation");
    const [, height = 0, width = 0, channels = 0] = dims;
    return toUint8({ data, height, width, channels });
  }

  private asInput(network: string, images: Pictures<Uint8Array>): Given {
    const dims = [count(images), images.height, images.width, images.channels];
    const bytes = this.bundle.network(network).inputs.get("image")?.dtype === "uint8";
    return bytes ? { type: "uint8", data: images.data, dims } : { type: "float32", data: toFloat(images).data, dims };
  }

  private padded(images: Pictures<Uint8Array>): Pictures<Uint8Array> {
    const inside = this.sizeInside(images.height, images.width);
    return mirrored(images, inside.height, inside.width);
  }

  /** The network that translates to a domain. */
  private towards(to: string | undefined): string {
    const toldClass = tellsClass(this.manifest);
    const called = toldClass ? undefined : [...this.manifest.domains].find(([, name]) => name === to)?.[0];
    const domain = called ?? to ?? (this.targets.length === 1 ? this.targets[0] : undefined);
    if (domain === undefined || !this.targets.includes(domain)) {
      const possible = this.targets.join(" or ");
      throw new InputError(
        `\`to\` must be a domain that ${this.bundle.name} translates to: ${possible}. Received: ${shown(to)}.`,
      );
    }
    return toldClass ? TO_CLASS : networkTo(domain);
  }

  /** The label of a class that was checked; none where the network is told no class. */
  private labelOf(to: string | undefined): number | undefined {
    return tellsClass(this.manifest) ? Math.max(0, this.targets.indexOf(to ?? "")) : undefined;
  }

  private checked(images: Pictures): Pictures<Uint8Array> {
    const { height, width, channels } = images;
    if (channels !== this.manifest.image.channels) {
      throw new InputError(`\`images\` must have ${this.manifest.image.channels} channels. Received: ${channels}.`);
    }
    const type = arrayType(images.data);
    if (type !== "Uint8Array") {
      throw new InputError(`\`images\` must be uint8. Received: ${type}.`);
    }
    const sides = [height, width];
    if (!sides.every((side) => Number.isSafeInteger(side) && side >= SMALLEST_SIDE)) {
      throw new InputError(
        `a picture must have sides of at least ${SMALLEST_SIDE} pixels. Received: ${width}x${height}.`,
      );
    }
    count(images);
    return images as Pictures<Uint8Array>;
  }
}

/** Whether a bundle holds a network from pictures to pictures of another domain. */
export function isTranslator(manifest: Manifest): boolean {
  return targets(manifest).length > 0;
}

/** The domains that a bundle's networks translate to: `a`, `b`, or the classes that one network is told. */
export function targets(manifest: Manifest): readonly string[] {
  if (tellsClass(manifest)) {
    return manifest.classes;
  }
  return ["a", "b"].filter((domain) => translates(manifest, networkTo(domain)));
}

/** Whether one network translates to every class, and is told which. */
export function tellsClass(manifest: Manifest): boolean {
  return translates(manifest, TO_CLASS);
}

function translates(manifest: Manifest, name: string): boolean {
  const network = manifest.networks.get(name);
  return network !== undefined && network.inputs.has("image") && network.outputs.has("translation");
}

function networkTo(domain: string): string {
  return domain === "b" ? "a_to_b" : "b_to_a";
}

/** What the normalizations of a tile network are told and tell; up to format 2 it had another name. */
function nameIn(tensors: ReadonlyMap<string, Tensor>, name: string, older: string): string {
  return !tensors.has(name) && tensors.has(older) ? older : name;
}

function useOwnStatistics(network: Network): string {
  return nameIn(network.inputs, "use_own_statistics", "own");
}

/** What a network is given beside pictures, for a number of them: the same latent, or the same class, or nothing. */
function repeated({ latent, label }: Beside, n: number): Feed {
  if (label !== undefined) {
    return { label: { type: "int64", data: new BigInt64Array(n).fill(BigInt(label)), dims: [n] } };
  }
  if (latent.length === 0) {
    return {};
  }
  const data = new Float32Array(n * latent.length);
  for (let index = 0; index < n; index += 1) {
    data.set(latent, index * latent.length);
  }
  return { latent: { type: "float32", data, dims: [n, latent.length] } };
}

function integer(value: bigint): Given {
  return { type: "int64", data: BigInt64Array.of(value), dims: [] };
}

function number(value: number): Given {
  return { type: "float32", data: Float32Array.of(value), dims: [1, 1] };
}
