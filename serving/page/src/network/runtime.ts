/** ONNX Runtime from the files beside the page. */

import type { Runtime } from "keras-gen";

import type { Processor } from "./calls";

/** The folder beside the page, by the version of ONNX Runtime, so that older ones in caches are not mixed in. */
declare const __RUNTIME__: string;

const MODULES = { wasm: "ort.wasm.bundle.min.mjs", webgpu: "ort.webgpu.bundle.min.mjs" } as const;

export async function runtimeFor(processor: Processor): Promise<Runtime> {
  // The Worker's own file is in `assets/`, and its address is not rewritten by the bundler.
  const address = new URL(`../${__RUNTIME__}/${MODULES[processor]}`, globalThis.location.href);
  return (await import(/* @vite-ignore */ address.href)) as Runtime;
}
