/** Bundles that come with keras-gen, by their names: `ready:NAME`. */

import { InputError, shown } from "./errors.js";

const PREFIX = "ready:";

/** The name of a ready bundle, or undefined for any other place. */
export function readyName(place: string | URL): string | undefined {
  return typeof place === "string" && place.startsWith(PREFIX) ? place.slice(PREFIX.length) : undefined;
}

/** Raises InputError for a name that is none of those in `folder`. */
export function requireReady(name: string, names: readonly string[], folder: string): void {
  if (!names.includes(name)) {
    const among = names.length > 0 ? `one of ${names.join(", ")}` : `in ${folder}, where there is none`;
    throw new InputError(`a ready bundle must be ${among}. Received: ${shown(name)}.`);
  }
}
