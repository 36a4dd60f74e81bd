/** How a picture is corrupted before it is given to a denoising autoencoder. */

import type { JSX } from "preact";

import { text } from "../../text";
import { KINDS, type Damage, type Kind } from "./noise";

export function NoiseFields({ damage, set }: { damage: Damage; set(damage: Damage): void }): JSX.Element {
  return (
    <>
      <label class="field">
        <span>{text.encode.noise}</span>
        <select
          value={damage.kind}
          onChange={({ currentTarget }) => set({ ...damage, kind: currentTarget.value as Kind })}
        >
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {text.encode.noiseKinds[kind]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>
          {text.encode.amount} <small>{damage.amount.toFixed(2)}</small>
        </span>
        <input
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={damage.amount}
          onInput={({ currentTarget }) => set({ ...damage, amount: currentTarget.valueAsNumber })}
        />
      </label>
      <button type="button" onClick={() => set({ ...damage, seed: damage.seed + 1 })}>
        {text.encode.otherNoise}
      </button>
    </>
  );
}
