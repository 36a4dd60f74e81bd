import type { JSX } from "preact";

import { change } from "../../state";
import { text } from "../../text";
import type { Space } from "./space";

/** Which plane: two dimensions, or the directions in which the codes differ most. */
export function PlaneChoice({ space }: { space: Space }): JSX.Element | null {
  const { size, codes, plane } = space;
  if (size <= 2) {
    return null;
  }
  const principal = plane.name === "principal";
  const [across = 0, up = 1] = principal ? [] : plane.name.split(",").map(Number);
  const dimension = (label: string, value: number, set: (next: number) => string): JSX.Element => (
    <label class="field">
      <span>{label}</span>
      <select value={`${value}`} onChange={({ currentTarget }) => change({ plane: set(Number(currentTarget.value)) })}>
        {Array.from({ length: size }, (_, index) => (
          <option key={index} value={`${index}`}>
            {text.latent.dimension(index)}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      {codes && (
        <label class="field">
          <span>{text.latent.planeOf}</span>
          <select
            value={principal ? "principal" : "dimensions"}
            onChange={({ currentTarget: { value } }) => change({ plane: value === "principal" ? value : "0,1" })}
          >
            <option value="principal">{text.latent.principal}</option>
            <option value="dimensions">{text.latent.twoDimensions}</option>
          </select>
        </label>
      )}
      {!principal && dimension(text.latent.across, across, (next) => `${next},${up}`)}
      {!principal && dimension(text.latent.up, up, (next) => `${across},${next}`)}
    </>
  );
}
