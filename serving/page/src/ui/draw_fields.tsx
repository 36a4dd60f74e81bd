/** What pictures are drawn from, as fields: seed, class, truncation. Their values are in the address. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { change, useAddress } from "../state";
import type { Draw } from "../tabs/drawn";
import type { Shown } from "../tabs/tab";
import { text } from "../text";

const FIRST_SEED = "0";
const NO_TRUNCATION = 3;

export function drawOf(address: URLSearchParams, bundle: Shown): Draw {
  const label = Number(address.get("class") ?? NaN);
  const truncation = Number(address.get("truncation") ?? NaN);
  const classes = bundle.manifest.classes.length;
  return {
    seed: seedOf(address),
    label: bundle.takesClass && Number.isInteger(label) && label >= 0 && label < classes ? label : undefined,
    truncation: bundle.truncates && truncation > 0 ? truncation : undefined,
  };
}

/** The seed in an address, or the first. */
export function seedOf(address: URLSearchParams): string {
  return validSeed(address.get("seed")) ?? FIRST_SEED;
}

/** A seed of the size that people read out. */
export function randomSeed(): string {
  return `${crypto.getRandomValues(new Uint32Array(1))[0]! % 1_000_000}`;
}

export function SeedField(): JSX.Element {
  const seed = seedOf(useAddress());
  const [typed, set] = useState(seed);
  useEffect(() => set(seed), [seed]);
  const invalid = validSeed(typed) === undefined;
  return (
    <label class="field">
      <span>{text.common.seed}</span>
      <input
        inputMode="numeric"
        autocomplete="off"
        spellcheck={false}
        size={8}
        value={typed}
        aria-invalid={invalid}
        onInput={({ currentTarget: { value } }) => {
          set(value);
          if (validSeed(value) !== undefined) {
            change({ seed: validSeed(value) });
          }
        }}
      />
    </label>
  );
}

/** The class of all pictures, or one after the other. */
export function Choice({ bundle, each = true }: { bundle: Shown; each?: boolean }): JSX.Element {
  const { label } = drawOf(useAddress(), bundle);
  return (
    <label class="field">
      <span>{text.common.class}</span>
      <select
        value={label === undefined ? "" : `${label}`}
        onChange={({ currentTarget: { value } }) => change({ class: value === "" ? undefined : value })}
      >
        {each && <option value="">{text.common.eachClass}</option>}
        {bundle.manifest.classes.map((name, index) => (
          <option key={index} value={`${index}`}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function TruncationField(): JSX.Element {
  const given = Number(useAddress().get("truncation") ?? NO_TRUNCATION);
  const value = given > 0 && given < NO_TRUNCATION ? given : NO_TRUNCATION;
  return (
    <label class="field">
      <span>
        {text.common.truncation} <small>{value === NO_TRUNCATION ? text.common.truncationOff : value}</small>
      </span>
      <input
        type="range"
        min={0.1}
        max={NO_TRUNCATION}
        step={0.1}
        value={value}
        onInput={({ currentTarget }) => {
          const next = currentTarget.valueAsNumber;
          change({ truncation: next >= NO_TRUNCATION ? undefined : next });
        }}
      />
    </label>
  );
}

/** A 64-bit integer in decimal digits, or nothing. */
function validSeed(typed: string | null): string | undefined {
  if (typed === null || !/^\s*-?\d{1,19}\s*$/.test(typed)) {
    return undefined;
  }
  const seed = BigInt(typed.trim());
  return BigInt.asIntN(64, seed) === seed ? `${seed}` : undefined;
}
