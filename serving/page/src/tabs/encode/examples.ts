/** Pictures to begin with: training pictures where the bundle brings them, else samples of the model. */

import { pictureAt } from "keras-gen";

import { drawTile } from "../../codes/atlas";
import type { Codes } from "../../codes/codes";
import type { Bytes } from "../../network/calls";
import { randomSeed } from "../../ui/draw_fields";
import { grid } from "../../ui/picture";
import { drawn } from "../drawn";
import type { Shown } from "../tab";

/** The picture of a code, if the bundle brings it at the size that the model takes. */
export function trainingPicture(
  codes: Codes | undefined,
  index: number,
  { manifest: { image } }: Shown,
): HTMLCanvasElement | undefined {
  const { atlas } = codes ?? {};
  if (atlas === undefined || atlas.height !== image.height || atlas.width !== image.width) {
    return undefined;
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const side = Math.max(image.width, image.height);
  const context = canvas.getContext("2d")!;
  context.translate((image.width - side) / 2, (image.height - side) / 2);
  drawTile(context, atlas, index, side);
  return canvas;
}

export function hasExamples(codes: Codes | undefined, bundle: Shown): boolean {
  return trainingPicture(codes, 0, bundle) !== undefined || draws(bundle);
}

/**
 * Another example.
 *
 * @param seed of a sample, or undefined for any.
 */
export async function example(
  codes: Codes | undefined,
  bundle: Shown,
  label: number | undefined,
  seed?: string,
): Promise<HTMLCanvasElement | undefined> {
  const index = seed === undefined ? Math.floor(Math.random() * (codes?.count ?? 0)) : 0;
  const picture = trainingPicture(codes, index, bundle);
  if (picture !== undefined || !draws(bundle)) {
    return picture;
  }
  const draw = { seed: seed ?? randomSeed(), label, truncation: undefined };
  return grid([await drawn({ client: bundle.client, bundle, draw }, 0, 1)], 1);
}

function draws({ manifest: { networks } }: Shown): boolean {
  return networks.has("noise") && networks.has("decoder");
}

/** Whether the border of pictures is mostly dark, so that light is drawn on dark. */
export function isDark(picture: Bytes): boolean {
  const { data, height, width, channels } = pictureAt(picture, 0);
  let sum = 0;
  let count = 0;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      if (row === 0 || column === 0 || row === height - 1 || column === width - 1) {
        sum += data[(row * width + column) * channels]!;
        count += 1;
      }
    }
  }
  return sum / count < 128;
}
