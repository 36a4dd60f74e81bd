/** The package in a browser: bundles at an address, over onnxruntime-web. */

import { InputError } from "./errors.js";
import { installed } from "./installed.js";
import { toRgba, type Pictures } from "./pictures.js";
import { usePlatform } from "./platform.js";
import { FetchReader, ReadyReader } from "./readers.js";
import { readyName } from "./ready.js";
import type { Runtime, RuntimeOptions } from "./runtime.js";

// Bundlers take a file's name beside `import.meta.url` for a file to pack, and this is a folder.
const here = import.meta.url;
const READY = "../ready/";

/** With how many threads each runtime of this page was asked to start, which it does once, for all sessions. */
const started = new Map<Runtime, number>();

usePlatform({
  processor: "wasm",
  oneAtATime: true,
  subtle: globalThis.crypto?.subtle,
  reader(place) {
    const ready = readyName(place);
    if (ready !== undefined) {
      return new ReadyReader(ready, new URL(READY, here));
    }
    return new FetchReader(new URL(place, globalThis.document?.baseURI ?? globalThis.location?.href));
  },
  async runtime(options) {
    const runtime = options.runtime ?? (await installed("onnxruntime-web", () => fetched(options)));
    if (options.threads !== undefined) {
      startWith(options.threads, runtime);
    }
    return runtime;
  },
  threads: () => ({}),
});

/** The runtime for other providers than WebAssembly is twice as large, and fetched only where one is asked for. */
function fetched({ providers = [] }: RuntimeOptions): Promise<Runtime> {
  const names = providers.map((provider) => (typeof provider === "string" ? provider : provider.name));
  return names.every((name) => name === "wasm") ? import("onnxruntime-web/wasm") : import("onnxruntime-web/webgpu");
}

function startWith(threads: number, runtime: Runtime): void {
  if (threads > 1 && !globalThis.crossOriginIsolated) {
    throw new InputError(`\`threads\` must be 1 in a page that is not cross-origin isolated. Received: ${threads}.`);
  }
  const before = started.get(runtime);
  if (before !== undefined && before !== threads) {
    throw new InputError(`\`threads\` must be one number for the whole page: ${before}. Received: ${threads}.`);
  }
  started.set(runtime, threads);
  const { wasm } = runtime.env;
  if (wasm !== undefined) {
    wasm.numThreads = threads;
  }
}

/** One of the pictures for `context.putImageData`. */
export function toImageData(pictures: Pictures, index = 0): ImageData {
  const { data, width, height } = toRgba(pictures, index);
  return new ImageData(data, width, height);
}

export * from "./common.js";
