/** The package in Node: bundles in folders, over onnxruntime-node. */

import { webcrypto } from "node:crypto";
import { fileURLToPath } from "node:url";

import { FolderReader } from "./folder.js";
import { installed } from "./installed.js";
import { usePlatform } from "./platform.js";
import { FetchReader } from "./readers.js";
import type { RuntimeOptions } from "./runtime.js";

usePlatform({
  processor: "cpu",
  oneAtATime: false,
  subtle: webcrypto.subtle as SubtleCrypto,
  reader(place) {
    if (!(place instanceof URL)) {
      return new FolderReader(place);
    }
    return place.protocol === "file:" ? new FolderReader(fileURLToPath(place)) : new FetchReader(place);
  },
  runtime: async ({ runtime }) =>
    runtime ?? installed("onnxruntime-node", async () => (await import("onnxruntime-node")).default),
  threads(options: RuntimeOptions, small: boolean) {
    const threads = small ? 1 : options.threads;
    return threads === undefined ? {} : { intraOpNumThreads: threads };
  },
});

export * from "./common.js";
