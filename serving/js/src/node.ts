/** The package in Node: bundles in folders, over onnxruntime-node. */

import { webcrypto } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

import { InputError } from "./errors.js";
import { FolderReader } from "./folder.js";
import { installed } from "./installed.js";
import { usePlatform } from "./platform.js";
import { FILE_NAME } from "./manifest.js";
import { FetchReader } from "./readers.js";
import { readyName, requireReady } from "./ready.js";
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

/** The folder of a ready bundle: in that of the variable `KERAS_GEN_READY`, or in the package's own. */
function readyFolder(name: string): string {
  const folder = process.env["KERAS_GEN_READY"] || fileURLToPath(new URL("../ready", import.meta.url));
  const files = existsSync(folder) ? readdirSync(folder) : [];
  requireReady(name, files.filter((file) => existsSync(join(folder, file, FILE_NAME))).sort(), folder);
  return join(folder, name);
}

usePlatform({
  processor: "cpu",
  oneAtATime: false,
  subtle: webcrypto.subtle as SubtleCrypto,
  reader(place) {
    if (!(place instanceof URL)) {
      const ready = readyName(place);
      return new FolderReader(ready === undefined ? place : readyFolder(ready));
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
