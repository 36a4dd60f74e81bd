import type { JSX } from "preact";

import type { Listed } from "../bundles";
import { goTo } from "../state";
import { text } from "../text";
import { OpenFolder } from "./open_folder";

/** All bundles, each with a picture of its samples. */
export function List({ bundles, given }: { bundles: readonly Listed[]; given: (listed: Listed) => void }): JSX.Element {
  return (
    <section class="list">
      <h2>{text.shell.models}</h2>
      <ul>
        {bundles.map(({ name, model, picture, size }) => (
          <li key={name}>
            <a
              href={`#bundle=${encodeURIComponent(name)}`}
              onClick={(event) => {
                event.preventDefault();
                goTo(name);
              }}
            >
              <span class="cover">{picture && <img src={picture} alt="" loading="lazy" />}</span>
              <strong>{name}</strong>
              <span class="muted">{[model, text.shell.size(size)].filter(Boolean).join(" · ")}</span>
            </a>
          </li>
        ))}
      </ul>
      <OpenFolder given={given} />
    </section>
  );
}
