/** The same picture, made by a program. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { text } from "../../text";
import { CopyButton } from "../../ui/copy";
import { labelAt, type Draw } from "../drawn";
import type { Shown } from "../tab";
import { LANGUAGES, program } from "./programs";

export function Same({ bundle, draw, index }: { bundle: Shown; draw: Draw; index: number }): JSX.Element {
  const [language, set] = useState<(typeof LANGUAGES)[number]>("Python");
  const label = labelAt(bundle, draw, index);
  const code = program(language, {
    name: bundle.listed.name,
    index,
    seed: draw.seed,
    label,
    className: label === undefined ? undefined : (bundle.manifest.classes[label] ?? `${label}`),
    truncation: draw.truncation,
  });
  return (
    <section class="same">
      <h3>{text.wall.same}</h3>
      <div class="row">
        <select
          aria-label={text.wall.language}
          value={language}
          onChange={({ currentTarget: { value } }) => set(value as typeof language)}
        >
          {LANGUAGES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <CopyButton text={() => code}>{text.common.copy}</CopyButton>
      </div>
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </section>
  );
}
