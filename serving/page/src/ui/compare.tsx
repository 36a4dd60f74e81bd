/** A picture before and after, one over the other, with a line between them that can be moved. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import type { Bytes } from "../network/calls";
import { text } from "../text";
import { Picture } from "./picture";

interface Props {
  readonly before: Bytes;
  readonly after: Bytes;
  /** Where the line is at first, in percent from the left. */
  readonly start: number;
}

export function Compare({ before, after, start }: Props): JSX.Element {
  const [split, set] = useState(start);
  return (
    <div class="compare" style={{ aspectRatio: `${after.width} / ${after.height}` }}>
      <Picture pictures={before} label={text.compare.before} />
      <div class="after" style={{ clipPath: `inset(0 0 0 ${split}%)` }}>
        <Picture pictures={after} label={text.compare.after} />
      </div>
      <span class="divider" style={{ left: `${split}%` }} />
      <span class="handle" aria-hidden="true" style={{ left: `clamp(1.2rem, ${split}%, 100% - 1.2rem)` }}>
        ↔
      </span>
      <input
        type="range"
        min={0}
        max={100}
        step={1}
        value={split}
        aria-label={text.compare.slider}
        aria-valuetext={text.compare.value(split)}
        onInput={({ currentTarget }) => set(currentTarget.valueAsNumber)}
      />
    </div>
  );
}
