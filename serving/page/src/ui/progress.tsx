import type { JSX } from "preact";

import { text } from "../text";

/** How much of something long is done, and a button that ends it. */
export function Progress({ label, done, cancel }: { label: string; done: number; cancel(): void }): JSX.Element {
  return (
    <div class="progress">
      <progress max={1} value={done} aria-label={label} />
      <span class="muted" role="status">
        {label} {text.common.percent(done)}
      </span>
      <button type="button" onClick={cancel}>
        {text.common.cancel}
      </button>
    </div>
  );
}
