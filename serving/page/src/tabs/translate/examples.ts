/** Drawings to begin with, for bundles that bring no example of their own. */

import { Drawing } from "../../draw/drawing";
import type { Place } from "../../draw/raster";
import type { Size } from "../../input/fit";
import type { Kind } from "./kinds";

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
