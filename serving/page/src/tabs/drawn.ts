/** Pictures of a seed, drawn a few at a time so that the first is there at once. */

import { useEffect, useState } from "preact/hooks";
import { pictureAt } from "keras-gen";

import type { Bytes } from "../network/calls";
import type { Client, CallOptions } from "../network/client";
import { useNotify } from "../ui/notices";
import type { Shown } from "./tab";

/** What pictures are drawn from. */
export interface Draw {
  /** A 64-bit integer in decimal digits. */
  readonly seed: string;
  /** A class for all; one after the other where it is undefined and the model takes classes. */
  readonly label: number | undefined;
  readonly truncation: number | undefined;
}

/** The class of picture `index`, where the model takes one. */
export function labelAt(bundle: Shown, draw: Draw, index: number): number | undefined {
  return bundle.takesClass ? (draw.label ?? index % bundle.manifest.classes.length) : undefined;
}

/** The pictures `start` to `start + n - 1` of a seed, the same as among any others of it. */
export async function drawn(
  { client, bundle, draw }: { client: Client; bundle: Shown; draw: Draw },
  start: number,
  n: number,
  options: CallOptions = {},
): Promise<Bytes> {
  const { labels, latents } = await drawnLatents({ client, bundle, draw }, start, n, options);
  return client.call("decode", { latents, labels }, options);
}

export async function drawnLatents(
  { client, bundle, draw }: { client: Client; bundle: Shown; draw: Draw },
  start: number,
  n: number,
  options: CallOptions = {},
): Promise<{ labels: number[] | undefined; latents: { data: Float32Array; size: number } }> {
  const labels = bundle.takesClass
    ? Array.from({ length: n }, (_, place) => labelAt(bundle, draw, start + place) ?? 0)
    : undefined;
  const { seed, truncation } = draw;
  return { labels, latents: await client.call("latents", { n, seed, start, labels, truncation }, options) };
}

/** The first `count` pictures of a draw, as they come; those before stay until then. */
export function useDrawn(bundle: Shown, draw: Draw, count: number): readonly (Bytes | undefined)[] {
  const [pictures, set] = useState<readonly Bytes[]>([]);
  const notify = useNotify();
  const { client } = bundle;
  const { seed, label, truncation } = draw;
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const fill = async (): Promise<void> => {
      let start = 0;
      for (const n of pieces(count, bundle.manifest.image)) {
        const some = await drawn({ client, bundle, draw }, start, n, { signal });
        const ones = Array.from({ length: n }, (_, place) => pictureAt(some, place));
        const first = start;
        set((before) => [...before.slice(0, first), ...ones, ...before.slice(first + n)].slice(0, count));
        start += n;
      }
    };
    fill().catch(notify);
    return () => controller.abort();
  }, [client, seed, label, truncation, count, notify]);
  return Array.from({ length: count }, (_, index) => pictures[index]);
}

/** How many pictures to compute at a time: one, so that something is there, then as many as a moment allows. */
function pieces(count: number, { height, width }: { height: number; width: number }): number[] {
  const most = Math.max(1, Math.min(32, Math.floor(2 ** 16 / (height * width))));
  const sizes = [1];
  for (let left = count - 1; left > 0; left -= most) {
    sizes.push(Math.min(left, most));
  }
  return sizes;
}
