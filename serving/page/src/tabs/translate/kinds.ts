/** What the pictures of a domain are, and so how one is drawn. */

import { TOOLS, type Drawing, type Stroke, type Tool } from "../../draw/drawing";
import type { Opened } from "../../network/calls";

export const KINDS = ["map", "edges", "photo"] as const;
export type Kind = (typeof KINDS)[number];
export type Domain = "a" | "b";

export const TOOLS_OF: Readonly<Record<Kind, readonly Tool[]>> = {
  map: ["rectangle", "pen", "fill", "eraser"],
  edges: ["pen", "eraser"],
  photo: TOOLS,
};

/** The domain of the pictures that are given: where a class is asked for, they are of one. */
export function sourceOf({ tellsClass }: Opened, to: string): Domain {
  return to === "b" || tellsClass ? "a" : "b";
}

/** As far as a bundle says: maps are resized to the nearest pixel in training, and outlines come from `edges:`. */
export function kindOf({ manifest: { image, training } }: Opened, domain: Domain): Kind {
  const way = domain === "a" ? image.interpolationA : image.interpolationB;
  if (way === "nearest") {
    return "map";
  }
  const { data, reverse } = (training["config"] ?? {}) as Record<string, unknown>;
  const ofOutlines = reverse === true ? "b" : "a";
  return typeof data === "string" && data.startsWith("edges:") && domain === ofOutlines ? "edges" : "photo";
}

/** Brings a drawing to a kind of picture, and gives what it is drawn with at first. */
export function strokeFor(kind: Kind, drawing: Drawing, palette: readonly string[]): Stroke {
  const side = Math.max(drawing.canvas.width, drawing.canvas.height);
  drawing.soft = kind !== "map";
  drawing.paper = kind === "map" ? palette[0]! : "#ffffff";
  const colour = kind === "map" ? palette[1 % palette.length]! : "#000000";
  const share = kind === "edges" ? 64 : 16;
  return { tool: TOOLS_OF[kind][0]!, colour, size: Math.max(1, Math.round(side / share)) };
}
