/** Directions that set the codes of a class apart from the others, as sliders. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { text } from "../../text";
import { added, directions } from "./geometry";
import type { Space } from "./space";

export function Attributes({ space }: { space: Space }): JSX.Element | null {
  const { codes, bundle, latent } = space;
  const { classes } = bundle.manifest;
  const found = useMemo(() => (codes?.labels ? directions(codes, Math.max(...codes.labels) + 1) : []), [codes]);
  const [strengths, set] = useState<readonly number[]>([]);
  const made = useRef(latent);
  useEffect(() => {
    if (made.current !== latent && !same(made.current, latent)) {
      set([]); // the latent went elsewhere: it is where all strengths are zero
    }
  }, [latent]);
  if (!found.some(Boolean)) {
    return null;
  }
  const move = (index: number, strength: number): void => {
    const next = added(latent, found[index]!, strength - (strengths[index] ?? 0));
    made.current = next;
    set(found.map((_, other) => (other === index ? strength : (strengths[other] ?? 0))));
    space.go(next);
  };
  return (
    <section>
      <h3>{text.latent.attributes}</h3>
      <p class="muted">{text.latent.attributesWhat}</p>
      <div class="sliders">
        {found.map(
          (direction, index) =>
            direction && (
              <label key={index} class="field">
                <span>
                  {classes[index] ?? index} <small>{(strengths[index] ?? 0).toFixed(1)}</small>
                </span>
                <input
                  type="range"
                  min={-2}
                  max={2}
                  step={0.1}
                  value={strengths[index] ?? 0}
                  onInput={({ currentTarget }) => move(index, currentTarget.valueAsNumber)}
                />
              </label>
            ),
        )}
      </div>
    </section>
  );
}

function same(one: Float32Array, other: Float32Array): boolean {
  return one.every((value, index) => value === other[index]);
}
