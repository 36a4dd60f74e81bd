/** The package in Node: bundles in folders, over onnxruntime-node. */

import { webcrypto } from "node:crypto";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

import { InputError } from "./errors.js";
import { FolderReader } from "./folder.js";
import { installed } from "./installed.js";
import { usePlatform } from "./platform.js";
import { FetchReader } from "./readers.js";
import type { RuntimeOptions } from "./runtime.js";

const TELEMETRY = "ORT_DISABLE_TELEMETRY";

// ONNX Runtime from 1.29 on writes a device id and sends what it runs, unless this is set before it is loaded. A worker
// thread has a copy of the variables that the library does not see.
if (isMainThread) process.env[TELEMETRY] ??= "1";

function checkTelemetry(): void {
  if (process.env[TELEMETRY] === undefined) {
    throw new InputError(
      `${TELEMETRY} must be set before a worker thread loads onnxruntime-node: start Node with ${TELEMETRY}=1, or ` +
        "import keras-gen in the main thread before the worker starts. Received: nothing.",
    );
  }
}

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
    runtime ??
    installed("onnxruntime-node", async () => {
      checkTelemetry();
      return (await import("onnxruntime-node")).default;
    }),
  threads(options: RuntimeOptions, small: boolean) {
    const threads = small ? 1 : options.threads;
    return threads === undefined ? {} : { intraOpNumThreads: threads };
  },
});

export * from "./common.js";
