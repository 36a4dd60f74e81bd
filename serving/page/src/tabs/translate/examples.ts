/** Pictures to begin with: those that a bundle brings, else drawings. */

import { useEffect, useState } from "preact/hooks";

import { isEntry, readAtlas, tileOf, type Entry } from "../../codes/atlas";
import { Drawing } from "../../draw/drawing";
import type { Place } from "../../draw/raster";
import type { Size } from "../../input/fit";
import { useNotify } from "../../ui/notices";
import type { Shown } from "../tab";
import type { Domain, Kind } from "./kinds";

/** What a bundle says of pictures of a domain to try, if it brings any. */
function entryOf(entries: Entry, domain: Domain): Entry | undefined {
  const { examples } = entries;
  const entry = isEntry(examples) ? examples[domain] : undefined;
  return isEntry(entry) ? entry : undefined;
}

export function bringsExamples(entries: Entry, domain: Domain): boolean {
  return entryOf(entries, domain) !== undefined;
}

/** The colours of a bundle's label maps; none where it states none. */
export function statedColours(entries: Entry, domain: Domain): readonly string[] | undefined {
  const colours = entryOf(entries, domain)?.["colours"];
  const isColour = (colour: unknown): boolean => typeof colour === "string" && /^#[0-9a-f]{6}$/.test(colour);
  return Array.isArray(colours) && colours.length > 1 && colours.every(isColour) ? colours : undefined;
}

/** The pictures of a domain that a bundle brings, once they are read; none where it brings none, or others than it says. */
export function useExamples(bundle: Shown, domain: Domain): readonly HTMLCanvasElement[] | undefined {
  const { client, entries } = bundle;
  const entry = entryOf(entries, domain);
  const [pictures, set] = useState<readonly HTMLCanvasElement[] | undefined>(entry ? undefined : []);
  const notify = useNotify();
  const failed = (error: unknown): void => {
    notify(error);
    set([]);
  };
  useEffect(() => {
    if (entry !== undefined) {
      const count = Number(entry["count"]);
      const tiles = readAtlas(client, entry, count).then((atlas) =>
        Array.from({ length: count }, (_, index) => tileOf(atlas, index)),
      );
      tiles.then(set, failed);
    }
  }, [client]);
  return pictures;
}

/** A drawing of a kind, if there is one: a house of a map's colours, or the outline of a shirt. */
export function drawnExample(kind: Kind, size: Size, palette: readonly string[]): HTMLCanvasElement | undefined {
  return kind === "photo" ? undefined : kind === "map" ? house(size, palette) : shirt(size);
}

function house(size: Size, palette: readonly string[]): HTMLCanvasElement {
  const colour = (index: number): string => palette[index % palette.length]!;
  const drawing = new Drawing(size, colour(0), false);
  const block = (index: number, left: number, top: number, right: number, bottom: number): void =>
    drawing.draw(
      { tool: "rectangle", colour: colour(index), size: 1 },
      [left * size.width, top * size.height],
      [right * size.width, bottom * size.height],
    );
  block(1, 0.06, 0.14, 0.94, 1);
  block(4, 0.03, 0.1, 0.97, 0.16);
  for (const top of [0.22, 0.45]) {
    for (const left of [0.14, 0.34, 0.54, 0.74]) {
      block(4, left - 0.015, top - 0.02, left + 0.135, top + 0.18);
      block(2, left, top, left + 0.12, top + 0.15);
    }
  }
  block(5, 0.06, 0.66, 0.94, 0.69);
  block(3, 0.42, 0.74, 0.58, 1);
  block(2, 0.14, 0.76, 0.34, 0.94);
  block(2, 0.66, 0.76, 0.86, 0.94);
  return drawing.canvas;
}

/** The left half of the outline, from the neck down, as shares of the sides. */
const SHIRT: readonly Place[] = [
  [0.4, 0.12],
  [0.3, 0.16],
  [0.1, 0.32],
  [0.18, 0.46],
  [0.3, 0.38],
  [0.29, 0.9],
  [0.5, 0.91],
];

function shirt(size: Size): HTMLCanvasElement {
  const drawing = new Drawing(size, "#ffffff", true);
  const width = Math.max(1, Math.max(size.width, size.height) / 64);
  const stroke = { tool: "pen", colour: "#000000", size: width } as const;
  const along = (places: readonly Place[]): void => {
    places.slice(1).forEach((to, index) => {
      const [from, mirror] = [places[index]!, ([x, y]: Place): Place => [1 - x, y]];
      const scaled = ([x, y]: Place): Place => [x * size.width, y * size.height];
      drawing.draw(stroke, scaled(from), scaled(to));
      drawing.draw(stroke, scaled(mirror(from)), scaled(mirror(to)));
    });
  };
  along(SHIRT);
  along([
    [0.4, 0.12],
    [0.44, 0.18],
    [0.5, 0.2],
  ]);
  return drawing.canvas;
}
