/** What differs between Node and a browser; the entry of the package for each says it before anything is opened. */

import { InputError } from "./errors.js";
import type { Reader } from "./readers.js";
import type { Runtime, RuntimeOptions, SessionOptions } from "./runtime.js";

export interface Platform {
  /** The execution provider that computes on the processor. */
  readonly processor: string;
  /** Whether the runtime wants one call at a time. */
  readonly oneAtATime: boolean;
  readonly subtle: SubtleCrypto | undefined;
  reader(place: string | URL): Reader;
  runtime(options: RuntimeOptions): Promise<Runtime>;
  /** What a session must be told of threads; `small` is a network that one thread is enough for. */
  threads(options: RuntimeOptions, small: boolean): SessionOptions;
}

let current: Platform | undefined;

export function usePlatform(platform: Platform): void {
  current = platform;
}

export function platform(): Platform {
  if (current === undefined) {
    throw new InputError("keras-gen must be imported by its own name, not by a file of it. Received: a file.");
  }
  return current;
}
