/** The size that pictures are brought to before they are translated. */

import type { JSX } from "preact";

import { text } from "../../text";

interface Props {
  readonly image: { readonly width: number; readonly height: number };
  /** Of the longer side; 0 leaves a picture as it is. */
  readonly chosen: number;
  choose(longest: number): void;
}

const LARGEST = 2048;

/** Longest sides to choose from: the one of the training, multiples of it, and any. */
export function sizesOf({ width, height }: Props["image"]): readonly number[] {
  const side = Math.max(width, height);
  return [...[1, 2, 4, 8].map((times) => times * side).filter((size, index) => index === 0 || size <= LARGEST), 0];
}

export function SizeChoice({ image, chosen, choose }: Props): JSX.Element {
  return (
    <label class="field">
      <span>{text.translate.size}</span>
      <select value={`${chosen}`} onChange={({ currentTarget }) => choose(Number(currentTarget.value))}>
        {sizesOf(image).map((size) => (
          <option key={size} value={`${size}`}>
            {size === 0 ? text.translate.asItIs : text.translate.atMost(size)}
          </option>
        ))}
      </select>
    </label>
  );
}
