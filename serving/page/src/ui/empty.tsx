import type { JSX } from "preact";

import type { Listed } from "../bundles";
import { text } from "../text";
import { OpenFolder } from "./open_folder";

/** What to do where no bundle lies beside the page. */
export function Empty({ given }: { given: (listed: Listed) => void }): JSX.Element {
  return (
    <section class="empty">
      <h2>{text.empty.title}</h2>
      <p>{text.empty.what}</p>
      <pre>
        <code>keras-gen page bundles/vae --out site</code>
      </pre>
      <p>{text.empty.or}</p>
      <OpenFolder given={given} />
    </section>
  );
}
