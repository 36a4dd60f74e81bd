import type { JSX } from "preact";

import { text } from "../../text";
import { colourOf } from "./colours";
import type { Space } from "./space";

/** What the dots are. */
export function Legend({ space }: { space: Space }): JSX.Element {
  const { codes, bundle } = space;
  if (codes === undefined) {
    return <p class="muted legend">{text.latent.noCodes}</p>;
  }
  const present = [...new Set(codes.labels ?? [])].sort((one, other) => one - other);
  return (
    <ul class="legend muted">
      {present.map((label) => (
        <li key={label}>
          <span class="dot" style={{ background: colourOf(label) }} />
          {bundle.manifest.classes[label] ?? label}
        </li>
      ))}
      <li>{text.latent.codes(codes.count)}</li>
    </ul>
  );
}
