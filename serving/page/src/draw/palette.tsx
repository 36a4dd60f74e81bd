/** Colours to draw with: those of a model's label maps, which can be changed, or any. */

import type { JSX } from "preact";

import { text } from "../text";
import { colourOf, pixelsOf } from "./raster";

/** Distinct in light and in dark, for label maps of which nothing is known. */
export const PLAIN = ["#1f3a93", "#3e8fd0", "#4cc3c7", "#57a85c", "#e8c547", "#e8833a", "#c8413b", "#f2f2ee"] as const;
/** To paint with on a photograph. */
export const PAINTS = ["#000000", "#ffffff", "#c8413b", "#e8833a", "#e8c547", "#57a85c", "#3e8fd0", "#7a4fb5"] as const;
const MOST_COLOURS = 24;

interface Props {
  readonly colours: readonly string[];
  readonly chosen: string;
  choose(colour: string): void;
  /** Takes other colours. */
  change(colours: readonly string[]): void;
}

export function Palette({ colours, chosen, choose, change }: Props): JSX.Element {
  const replaced = (colour: string): void => {
    change(colours.map((old) => (old === chosen ? colour : old)));
    choose(colour);
  };
  const next = (): string => PLAIN.find((colour) => !colours.includes(colour)) ?? "#808080";
  return (
    <fieldset class="palette">
      <legend>{text.draw.palette}</legend>
      {colours.map((colour, index) => (
        <label key={index} class="swatch">
          <input
            type="radio"
            name="colour"
            aria-label={text.draw.colour(index, colour)}
            checked={colour === chosen}
            onChange={() => choose(colour)}
          />
          <svg viewBox="0 0 1 1" aria-hidden="true">
            <rect width="1" height="1" fill={colour} />
          </svg>
        </label>
      ))}
      <label class="inline edit">
        <span>{text.draw.edit}</span>
        <input type="color" value={chosen} onInput={({ currentTarget }) => replaced(currentTarget.value)} />
      </label>
      {colours.length < MOST_COLOURS && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            const colour = next();
            change([...colours, colour]);
            choose(colour);
          }}
        >
          {text.draw.addColour}
        </button>
      )}
    </fieldset>
  );
}

/** The colours of a label map, those of most pixels first; undefined for a picture of many colours. */
export function coloursOf(image: ImageData): readonly string[] | undefined {
  const counts = new Map<number, number>();
  for (const pixel of pixelsOf(image).data) {
    counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    if (counts.size > MOST_COLOURS) {
      return undefined;
    }
  }
  return [...counts].sort(([, one], [, other]) => other - one).map(([pixel]) => colourOf(pixel));
}
