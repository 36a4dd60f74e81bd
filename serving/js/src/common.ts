/** What the package offers wherever it runs. */

export { Bundle, type Model, type Source } from "./bundle.js";
export { InputError } from "./errors.js";
export {
  parseManifest,
  type ImageSize,
  type Interpolation,
  type Latent,
  type Manifest,
  type Network,
  type Quantization,
  type Stored,
  type Tensor,
} from "./manifest.js";
export { type Labels, type Rows, type Seed } from "./numbers.js";
export {
  count,
  fromRgba,
  pictureAt,
  toFloat,
  toRgba,
  toUint8,
  type Pictures,
  type Rgba,
  type Values,
} from "./pictures.js";
export { type Reader } from "./readers.js";
export { type Provider, type Runtime, type RuntimeOptions } from "./runtime.js";
export { Sampler, type Ability, type BatchOptions, type LabelledOptions, type SampleOptions } from "./sampler.js";
export {
  isTranslator,
  targets,
  tellsClass,
  Translator,
  type Domain,
  type TranslateOptions,
  type TranslatorOptions,
} from "./translator.js";
