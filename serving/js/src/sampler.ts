/** Pictures from a bundle: by seed, by latent, and back to latents or to classes. */

import { Bundle, type Source } from "./bundle.js";
import { InputError, requireFinite, requireInteger, shown, shownNumber } from "./errors.js";
import type { Latent, Manifest, Tensor } from "./manifest.js";
import { asSeed, classLabels, rowCount, type Labels, type Rows, type Seed } from "./numbers.js";
import { arrayType, count, toFloat, type Pictures, type Values } from "./pictures.js";
import type { RuntimeOptions } from "./runtime.js";
import { Sessions, type Feed, type Given, type Made } from "./sessions.js";

const BATCH_SIZE = 64;
const NEEDS = { sample: "noise", decode: "decoder", encode: "encoder", classify: "classifier" } as const;

export type Ability = keyof typeof NEEDS;

export interface BatchOptions {
  /** Pictures computed at a time; 64 by default. What comes out does not depend on it. */
  readonly batchSize?: number | undefined;
}

export interface LabelledOptions extends BatchOptions {
  /** A class for each picture, for a network that is told the class. */
  readonly labels?: Labels | undefined;
}

export interface SampleOptions extends LabelledOptions {
  /** Any 64-bit integer; 0 by default. */
  readonly seed?: Seed | undefined;
  /**
   * For a bundle whose noise takes one: limit that every number of a latent is drawn within, above 0. Lower is less
   * varied and often better to look at; none by default.
   */
  readonly truncation?: number | undefined;
}

export class Sampler {
  private constructor(
    readonly bundle: Bundle,
    private readonly sessions: Sessions,
  ) {}

  /**
   * Opens a bundle. Files are read, checked and loaded when they are first needed.
   *
   * @throws InputError not a bundle, or one whose manifest is not valid or newer.
   */
  static async open(source: Source, options: RuntimeOptions = {}): Promise<Sampler> {
    const bundle = await Bundle.open(source);
    return new Sampler(bundle, new Sessions(bundle, options));
  }

  get manifest(): Manifest {
    return this.bundle.manifest;
  }

  /** What this bundle can do. */
  get abilities(): readonly Ability[] {
    return (Object.keys(NEEDS) as Ability[]).filter((ability) => this.manifest.networks.has(NEEDS[ability]));
  }

  /** Whether a network is told the class; a model may also know classes only to tell them apart. */
  get takesClass(): boolean {
    return [...this.manifest.networks.values()].some((network) => network.inputs.has("label"));
  }

  /** Size and prior of the latent space. */
  get latent(): Latent {
    if (this.manifest.latent === null) {
      throw new InputError(`${this.bundle.name} must have a latent space. Received: a model without one.`);
    }
    return this.manifest.latent;
  }

  /**
   * Draws `n` pictures. The same seed gives the same pictures, whatever the batch size.
   *
   * @param n how many, at least 1.
   */
  async sample(n: number, options: SampleOptions = {}): Promise<Pictures> {
    return together(n, this.stream(n, options));
  }

  /** The pictures of `sample` in pieces of `batchSize`, in bounded memory. */
  stream(n: number, options: SampleOptions = {}): AsyncGenerator<Pictures, void, void> {
    const { batchSize = BATCH_SIZE, labels, seed = 0, truncation } = options;
    requireInteger("n", n, 1);
    requireInteger("batchSize", batchSize, 1);
    const drawn = { seed: asSeed(seed), truncation: this.truncated(truncation) };
    this.requireTaken(labels);
    const given = labels === undefined ? undefined : classLabels(n, this.manifest.classes.length, labels);
    this.bundle.network("decoder");
    return this.drawn(n, batchSize, given, drawn);
  }

  /** The latents `start` to `start + n - 1` of a seed, drawn from the prior. */
  async latents(
    n: number,
    options: Omit<SampleOptions, "batchSize"> & { readonly start?: number | undefined } = {},
  ): Promise<Rows> {
    const { labels, seed = 0, start = 0, truncation } = options;
    requireInteger("n", n, 1);
    requireInteger("start", start, 0);
    this.requireTaken(labels);
    roomFor(n, this.latent.size, Float32Array);
    return this.drawnLatents(n, start, labels, { seed: asSeed(seed), truncation: this.truncated(truncation) });
  }

  /** Pictures of latents. */
  async decode(latents: Rows, options: LabelledOptions = {}): Promise<Pictures> {
    const n = rowCount("latents", latents, this.latent.size);
    requireFinite("latents", latents.data);
    const feed = { latent: floats(latents.data, [n, latents.size]), ...this.labelsFor("decoder", n, options.labels) };
    return together(n, this.pieces("decoder", feed, "image", n, options));
  }

  /** Codes of pictures: the posterior mean where the encoder gives a distribution. */
  async encode(images: Pictures, options: LabelledOptions = {}): Promise<Rows> {
    const { n, given } = this.checked("encoder", images);
    const output = this.bundle.network("encoder").outputs.has("code") ? "code" : "mean";
    const feed = { image: given, ...this.labelsFor("encoder", n, options.labels) };
    return this.rows("encoder", feed, output, n, options);
  }

  /** Pictures decoded from the codes of pictures. */
  async reconstruct(images: Pictures, options: LabelledOptions = {}): Promise<Pictures> {
    return this.decode(await this.encode(images, options), options);
  }

  /** How probable each of the manifest's classes is; a row adds up to 1. */
  async classify(images: Pictures, options: BatchOptions = {}): Promise<Rows> {
    const { n, given } = this.checked("classifier", images);
    return this.rows("classifier", { image: given }, "probabilities", n, options);
  }

  /** uint8 pictures in the type that this bundle's encoder or classifier takes. */
  asInput(images: Pictures): Pictures {
    const taker =
      !this.manifest.networks.has("encoder") && this.abilities.includes("classify") ? "classifier" : "encoder";
    return this.input(taker, "image").dtype === "uint8" ? images : toFloat(images);
  }

  /** Gives the memory of the opened networks back. */
  async close(): Promise<void> {
    await this.sessions.close();
  }

  private async *drawn(
    n: number,
    batchSize: number,
    labels: BigInt64Array | undefined,
    drawn: Drawn,
  ): AsyncGenerator<Pictures, void, void> {
    for (let start = 0; start < n; start += batchSize) {
      const many = Math.min(batchSize, n - start);
      const part = labels?.subarray(start, start + many);
      const latents = await this.drawnLatents(many, start, part, drawn);
      const feed = {
        latent: floats(latents.data, [many, latents.size]),
        ...this.labelsDrawn("decoder", many, start, part),
      };
      yield asPictures(await this.sessions.run<Values>("decoder", feed, "image"));
    }
  }

  private async drawnLatents(n: number, start: number, labels: Labels | undefined, drawn: Drawn): Promise<Rows> {
    const feed = {
      seed: integer(drawn.seed),
      n: integer(n),
      start: integer(start),
      ...this.labelsDrawn("noise", n, start, labels),
      ...drawn.truncation,
    };
    const { data, dims } = await this.sessions.run<Float32Array>("noise", feed, "latent", true);
    return { data, size: dims[1] ?? 0 };
  }

  /** What the noise must be told of a truncation, where it takes one. */
  private truncated(truncation: number | undefined): Feed {
    if (truncation !== undefined && !(truncation > 0)) {
      throw new InputError(`\`truncation\` must be above 0. Received: ${shownNumber(truncation)}.`);
    }
    if (this.bundle.network("noise").inputs.has("truncation")) {
      return { truncation: floats(Float32Array.of(truncation ?? Infinity), []) };
    }
    if (truncation !== undefined) {
      throw new InputError(
        `\`truncation\` must be left out for ${this.bundle.name}, whose noise takes none. Received: ${truncation}.`,
      );
    }
    return {};
  }

  /** Labels of drawn pictures where a network takes them: given, or one class after the other. */
  private labelsDrawn(network: string, n: number, start: number, labels: Labels | undefined): Feed {
    if (!this.bundle.network(network).inputs.has("label")) {
      return {};
    }
    const data = classLabels(n, this.manifest.classes.length, labels, start);
    return { label: { type: "int64", data, dims: [n] } };
  }

  /** Raises InputError for labels that no network takes. */
  private requireTaken(labels: Labels | undefined): void {
    if (labels !== undefined && !this.takesClass) {
      throw new InputError(
        `\`labels\` must be left out for ${this.bundle.name}, whose networks take no class. ` +
          `Received: ${labels.length} labels.`,
      );
    }
  }

  /** Labels of pictures that were not drawn, which must be given where a network takes them. */
  private labelsFor(network: string, n: number, labels: Labels | undefined): Feed {
    this.requireTaken(labels);
    if (labels === undefined && this.bundle.network(network).inputs.has("label")) {
      throw new InputError(`the ${network} of ${this.bundle.name} must be given \`labels\`. Received: no labels.`);
    }
    return this.labelsDrawn(network, n, 0, labels);
  }

  /** Pictures of the shape and type that a network takes. */
  private checked(network: string, images: Pictures): { n: number; given: Given } {
    const { axes, dtype } = this.input(network, "image");
    const wanted = axes.slice(1);
    const size = [images.height, images.width, images.channels];
    if (wanted.some((side, axis) => side !== size[axis])) {
      throw new InputError(`\`images\` must be pictures of ${wanted.join("x")}. Received: ${size.join("x")}.`);
    }
    const type = arrayType(images.data);
    if (type !== { uint8: "Uint8Array", float32: "Float32Array" }[dtype]) {
      throw new InputError(`\`images\` must be ${dtype}. Received: ${type}.`);
    }
    if (type === "Float32Array") {
      requireFinite("images", images.data);
    }
    const n = count(images);
    return { n, given: { type: dtype as "uint8" | "float32", data: images.data, dims: [n, ...size] } };
  }

  private input(network: string, name: string): Tensor {
    const tensor = this.bundle.network(network).inputs.get(name);
    if (tensor === undefined) {
      throw new InputError(
        `the ${network} of ${this.bundle.name} must take ${shown(name)}. Received: one that does not.`,
      );
    }
    return tensor;
  }

  private async rows(network: string, feed: Feed, output: string, n: number, options: BatchOptions): Promise<Rows> {
    let data: Float32Array | undefined;
    let filled = 0;
    for await (const batch of this.batches<Float32Array>(network, feed, output, n, options)) {
      data ??= new Float32Array(n * (batch.dims[1] ?? 0));
      data.set(batch.data, filled);
      filled += batch.data.length;
    }
    return { data: data ?? new Float32Array(), size: filled / n };
  }

  private async *pieces(
    network: string,
    feed: Feed,
    output: string,
    n: number,
    options: BatchOptions,
  ): AsyncGenerator<Pictures, void, void> {
    for await (const batch of this.batches<Values>(network, feed, output, n, options)) {
      yield asPictures(batch);
    }
  }

  private async *batches<Data>(
    network: string,
    feed: Feed,
    output: string,
    n: number,
    { batchSize = BATCH_SIZE }: BatchOptions,
  ): AsyncGenerator<Made<Data>, void, void> {
    requireInteger("batchSize", batchSize, 1);
    for (let start = 0; start < n; start += batchSize) {
      yield this.sessions.run<Data>(network, part(feed, n, start, Math.min(n, start + batchSize)), output);
    }
  }
}

/** What all latents of a call are drawn by. */
interface Drawn {
  readonly seed: bigint;
  readonly truncation: Feed;
}

/** The rows from `start` to before `end` of every input. */
function part(feed: Feed, n: number, start: number, end: number): Feed {
  const parts = Object.entries(feed).map(([name, { type, data, dims }]) => {
    const length = data.length / n;
    return [name, { type, data: data.subarray(start * length, end * length), dims: [end - start, ...dims.slice(1)] }];
  });
  return Object.fromEntries(parts) as Feed;
}

/** All pieces in one array that is allocated once. */
async function together(n: number, pieces: AsyncIterable<Pictures>): Promise<Pictures> {
  let whole: Pictures | undefined;
  let filled = 0;
  for await (const { data, ...size } of pieces) {
    const length = n * size.height * size.width * size.channels;
    whole ??= { data: roomFor(n, length / n, arrayType(data) === "Uint8Array" ? Uint8Array : Float32Array), ...size };
    whole.data.set(data, filled);
    filled += data.length;
  }
  return whole as Pictures; // there is at least one piece: n is at least 1
}

/** An array for `n` rows of `size` numbers; InputError where memory cannot hold it. */
function roomFor(n: number, size: number, kind: new (length: number) => Values): Values {
  try {
    return new kind(n * size);
  } catch (error) {
    throw error instanceof RangeError
      ? new InputError(`\`n\` must be so small that all rows fit into memory. Received: ${n}.`)
      : error;
  }
}

/** Points of the plane, whose tensor has two axes, are pictures of one pixel with the coordinates as channels. */
function asPictures({ data, dims }: Made<Values>): Pictures {
  const [, height = 0, width = 0, channels = 0] = dims.length === 2 ? [dims[0], 1, 1, dims[1]] : dims;
  return { data, height, width, channels };
}

function integer(value: number | bigint): Given {
  return { type: "int64", data: BigInt64Array.of(BigInt(value)), dims: [] };
}

function floats(data: Float32Array, dims: readonly number[]): Given {
  return { type: "float32", data, dims };
}
