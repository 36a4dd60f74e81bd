/** `manifest.json`: what a bundle holds, as `serving/bundle/manifest.schema.json` defines it. */

import { InputError, shown } from "./errors.js";
import { JsonReader, parseDocument } from "./json.js";
import {
  DTYPES,
  FEATURES,
  INTERPOLATIONS,
  LONGEST_FILE_NAME,
  LONGEST_VERSION,
  MOST_AXES,
  MOST_CLASSES,
  MOST_NETWORK_BYTES,
  MOST_NETWORKS,
  MOST_TENSORS,
  MOST_WEIGHTS_BYTES,
  NEWEST_FORMAT,
  PRIORS,
  QUANTIZATIONS,
  UNFIT_NAMES,
  VERSION,
  WEIGHTS,
} from "./schema.js";

export const FILE_NAME = "manifest.json";

/** One named input or output of a network. */
export interface Tensor {
  /** One entry per axis, a size or the name of a free axis: `["n", 28, 28, 1]`. */
  readonly axes: readonly (number | string)[];
  /** NumPy's name of the element type. */
  readonly dtype: string;
  /** Lowest and highest value, or null where any finite value is meant. */
  readonly range: readonly [number, number] | null;
}

/** A file of a bundle: where it is, what it must hash to and its bytes. */
export interface Stored {
  readonly file: string;
  readonly sha256: string;
  readonly size: number;
}

/** One ONNX file, what goes in and out by name, and the file beside it with its initializers' numbers, if any. */
export interface Network extends Stored {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly weights: Stored | null;
  /** 1 where the network takes one example at a time, whatever its axes say; null for any number. */
  readonly batch: number | null;
}

/** How pictures of another size are resized: blended, or to the nearest pixel. */
export type Interpolation = (typeof INTERPOLATIONS)[number];

/**
 * Size of the pictures in pixels; `anySize` says that height and width are free multiples of `multiple`. `valueRange`
 * are the numbers that were black and white in the training data, for pictures of more than 8 bits; null for full scale.
 * `interpolation` is how pictures of another size were resized in training, `interpolationA` and `interpolationB` those
 * of two domains; null where the number of colours decides.
 */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly anySize: boolean;
  readonly multiple: number;
  readonly valueRange: readonly [number, number] | null;
  readonly interpolation: Interpolation | null;
  readonly interpolationA: Interpolation | null;
  readonly interpolationB: Interpolation | null;
}

/** Length of a latent vector and the distribution to draw it from; null where no distribution is known. */
export interface Latent {
  readonly size: number;
  readonly prior: (typeof PRIORS)[number] | null;
}

/** How a network's numbers were made smaller, and what that did to its pictures: PSNR in dB. */
export interface Quantization {
  readonly kind: (typeof QUANTIZATIONS)[number];
  readonly psnr: number;
  readonly atLeast: number;
  /** Whether the network computes in float32, and only its weights are stored in smaller numbers. */
  readonly weightsOnly: boolean;
}

/** Where a network comes from that keras-gen did not train. */
export interface Origin {
  /** `keras`, `saved_model` or `onnx`. */
  readonly kind: string;
  readonly producer: string;
  /** Of its file; null for a model that was given in memory. */
  readonly file: string | null;
  readonly sha256: string | null;
  /** Version of ONNX's operators in the file; null for what was none. */
  readonly opset: number | null;
  /** What was said or told of its own inputs and outputs, for people. */
  readonly border: ReadonlyMap<string, string>;
}

/** What a bundle holds. */
export interface Manifest {
  /** The model's name on the command line, such as `vae`. */
  readonly model: string;
  readonly networks: ReadonlyMap<string, Network>;
  readonly image: ImageSize;
  readonly latent: Latent | null;
  /** Names of the classes in the order of their labels; empty for a model that knows none. */
  readonly classes: readonly string[];
  readonly normalization: string;
  /** `ema` (exponential moving average) or `raw`. */
  readonly weights: (typeof WEIGHTS)[number];
  /** Facts about the training run, free form, for people. */
  readonly training: Readonly<Record<string, unknown>>;
  /** Network, output, and the largest difference from Keras that export measured. */
  readonly parity: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly quantization: ReadonlyMap<string, Quantization>;
  /** Provider, network, precision, and the PSNR of its pictures against those of the CPU in float32, in dB. */
  readonly providers: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, number>>>;
  /** Network, and where it comes from that keras-gen did not train. */
  readonly origin: ReadonlyMap<string, Origin>;
  /** Domains `a` and `b`, and what their pictures are called where they have names. */
  readonly domains: ReadonlyMap<string, string>;
  /** Of the model, as its owner named it: `apache-2.0`. */
  readonly license: string | null;
}

/**
 * Reads the text of a `manifest.json`.
 *
 * @throws InputError not JSON, a newer format, a feature that is not known, a missing or ill-typed entry. Optional
 *   entries that are not known are ignored.
 */
export function parseManifest(text: string): Manifest {
  return manifest(new JsonReader("manifest", parseDocument(text)));
}

function manifest(given: JsonReader): Manifest {
  checkVersion(given);
  const entries = given.fields(["model", "networks", "image"]);
  return {
    model: entries.required("model").text(),
    networks: entries.required("networks").mapOf(network, MOST_NETWORKS),
    image: image(entries.required("image")),
    latent: entries.optional("latent", latent) ?? null,
    classes: entries.optional("classes", (names) => names.array(MOST_CLASSES).map((name) => name.text())) ?? [],
    normalization: entries.optional("normalization", (name) => name.text()) ?? "moving_statistics",
    weights: entries.optional("weights", (kind) => kind.among(WEIGHTS)) ?? "raw",
    training: entries.optional("training", (facts) => facts.object()) ?? {},
    parity:
      entries.optional("parity", (nets) => nets.mapOf((net) => net.mapOf((error) => error.number()))) ?? new Map(),
    quantization: entries.optional("quantization", (nets) => nets.mapOf(quantization)) ?? new Map(),
    providers:
      entries.optional("providers", (all) =>
        all.mapOf((nets) => nets.mapOf((net) => net.mapOf((psnr) => psnr.number()))),
      ) ?? new Map(),
    origin: entries.optional("origin", (nets) => nets.mapOf(origin)) ?? new Map(),
    domains: entries.optional("domains", (names) => names.mapOf((name) => name.text())) ?? new Map(),
    license: entries.optional("license", (name) => name.text()) ?? null,
  };
}

function origin(given: JsonReader): Origin {
  const entries = given.fields(["kind", "producer"]);
  return {
    kind: entries.required("kind").text(),
    producer: entries.required("producer").text(),
    file: entries.optional("file", (name) => name.text()) ?? null,
    sha256: entries.optional("sha256", (digits) => digits.text()) ?? null,
    opset: entries.optional("opset", (version) => version.integer(1)) ?? null,
    border: entries.optional("border", (said) => said.mapOf((text) => text.text())) ?? new Map(),
  };
}

/** A newer format, whatever else it may hold, and features that are not known, are named before the rest. */
function checkVersion(given: JsonReader): void {
  const entries = given.fields(["format_version"]);
  const format = entries.required("format_version").integer(1);
  if (format > NEWEST_FORMAT) {
    const needs = needed(entries.optional("minimum_version", (version) => version.data));
    throw new InputError(`manifest.format_version must be at most ${NEWEST_FORMAT}. Received: ${format}. ${needs}`);
  }
  const version = entries.optional("minimum_version", (minimum) => {
    if (!isVersion(minimum.data)) {
      throw minimum.fail("a version such as 1.2");
    }
    return minimum.data;
  });
  const features = entries.optional("requires", (names) => names.array().map((name) => name.text())) ?? [];
  const unknown = features.find((feature) => !(FEATURES as readonly string[]).includes(feature));
  if (unknown !== undefined) {
    throw new InputError(
      `manifest.requires must be features that this keras-gen knows. Received: ${shown(unknown)}. ${needed(version)}`,
    );
  }
}

function isVersion(value: unknown): value is string {
  return typeof value === "string" && value.length <= LONGEST_VERSION && VERSION.test(value);
}

/** What to do about a bundle that this package is too old for. */
function needed(version: unknown): string {
  return isVersion(version)
    ? `This bundle needs keras-gen ${version} or newer; update keras-gen to read it.`
    : "This bundle was written by a newer keras-gen; update keras-gen to read it.";
}

function network(given: JsonReader): Network {
  const entries = given.fields(["file", "sha256", "size", "inputs", "outputs"]);
  return {
    ...stored(entries, MOST_NETWORK_BYTES),
    inputs: entries.required("inputs").mapOf(tensor, MOST_TENSORS),
    outputs: entries.required("outputs").mapOf(tensor, MOST_TENSORS),
    weights: entries.optional("weights", weights) ?? null,
    batch: entries.optional("batch", (many) => many.integer(1, 1)) ?? null,
  };
}

function weights(given: JsonReader): Stored {
  return stored(given.fields(["file", "sha256", "size"]), MOST_WEIGHTS_BYTES);
}

/** A file of at most `most` bytes. */
function stored(entries: ReturnType<JsonReader["fields"]>, most: number): Stored {
  const file = entries.required("file");
  const name = file.text();
  if (name === "" || name.length > LONGEST_FILE_NAME || UNFIT_NAMES.some((rule) => rule.test(name))) {
    throw file.fail("a plain file name inside the bundle");
  }
  const digest = entries.required("sha256");
  if (!/^[0-9a-f]{64}$/.test(digest.text())) {
    throw digest.fail("64 hexadecimal digits");
  }
  return { file: name, sha256: digest.text(), size: entries.required("size").integer(0, most) };
}

function tensor(given: JsonReader): Tensor {
  const entries = given.fields(["axes", "dtype"]);
  const axes = entries.required("axes").array(MOST_AXES);
  return {
    axes: axes.map((axis) => (typeof axis.data === "string" ? axis.data : axis.integer(1))),
    dtype: entries.required("dtype").among(DTYPES),
    range: entries.optional("range", limits) ?? null,
  };
}

function limits(given: JsonReader): readonly [number, number] {
  const [low, high, ...others] = given.array().map((limit) => limit.number());
  if (low === undefined || high === undefined || others.length > 0) {
    throw given.fail("[lowest, highest]");
  }
  return [low, high];
}

function blackAndWhite(given: JsonReader): readonly [number, number] {
  const [black, white] = limits(given);
  if (black === white) {
    throw given.fail("two different numbers");
  }
  return [black, white];
}

function image(given: JsonReader): ImageSize {
  const entries = given.fields(["height", "width", "channels"]);
  return {
    height: entries.required("height").integer(1),
    width: entries.required("width").integer(1),
    channels: entries.required("channels").integer(1),
    anySize: entries.optional("any_size", (flag) => flag.flag()) ?? false,
    multiple: entries.optional("multiple", (multiple) => multiple.integer(1)) ?? 1,
    valueRange: entries.optional("value_range", blackAndWhite) ?? null,
    interpolation: entries.optional("interpolation", interpolation) ?? null,
    interpolationA: entries.optional("interpolation_a", interpolation) ?? null,
    interpolationB: entries.optional("interpolation_b", interpolation) ?? null,
  };
}

function interpolation(given: JsonReader): Interpolation {
  return given.among(INTERPOLATIONS);
}

function latent(given: JsonReader): Latent {
  const entries = given.fields(["size", "prior"]);
  return {
    size: entries.required("size").integer(1),
    prior: entries.optional("prior", (prior) => prior.among(PRIORS)) ?? null,
  };
}

function quantization(given: JsonReader): Quantization {
  const entries = given.fields(["kind", "psnr", "at_least"]);
  return {
    kind: entries.required("kind").among(QUANTIZATIONS),
    psnr: entries.required("psnr").number(),
    atLeast: entries.required("at_least").number(),
    weightsOnly: entries.optional("weights_only", (flag) => flag.flag()) ?? false,
  };
}
