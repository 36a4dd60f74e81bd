/** The damage that a denoising autoencoder learned to undo. */

import type { Bytes } from "../../network/calls";
import type { Opened } from "../../network/calls";

export const KINDS = ["gaussian", "masking", "salt_and_pepper"] as const;
export type Kind = (typeof KINDS)[number];

export interface Damage {
  readonly kind: Kind;
  /** The noise's standard deviation, where black is -1 and white is 1; or the share of values that are hit. */
  readonly amount: number;
  readonly seed: number;
}

/** How a bundle's pictures were corrupted in training, as far as its facts say; undefined for another model. */
export function trainedDamage({ manifest: { model, training } }: Opened): Damage | undefined {
  if (model !== "denoising_autoencoder") {
    return undefined;
  }
  const given = entry(entry(training, "config"), "model");
  const kind = KINDS.find((kind) => kind === given?.["corruption"]) ?? "gaussian";
  const amount = given?.["amount"];
  return { kind, amount: typeof amount === "number" ? amount : 0.5, seed: 1 };
}

/** A corrupted copy; the same for the same seed. */
export function damaged(picture: Bytes, { kind, amount, seed }: Damage): Bytes {
  const random = uniform(seed);
  const hit = {
    gaussian: (level: number) => level + 127.5 * amount * Math.sqrt(-2 * Math.log(1 - random())) * angle(random()),
    masking: (level: number) => (random() < amount ? 0 : level),
    salt_and_pepper: (level: number) => {
      const drawn = random();
      return drawn >= amount ? level : drawn < amount / 2 ? 0 : 255;
    },
  }[kind];
  const data = Uint8Array.from(picture.data, (level) => Math.min(255, Math.max(0, Math.round(hit(level)))));
  return { ...picture, data };
}

function angle(share: number): number {
  return Math.cos(2 * Math.PI * share);
}

/** Numbers in [0, 1): mulberry32. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function entry(given: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  const found = (given as Record<string, unknown> | undefined)?.[name];
  return found !== null && typeof found === "object" ? (found as Record<string, unknown>) : undefined;
}
