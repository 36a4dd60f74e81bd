import type { JSX } from "preact";

import { text } from "../text";

/** What went wrong, and a button to try it again. */
export function Problem({ message, retry }: { message: string; retry?: () => void }): JSX.Element {
  return (
    <section class="problem" role="alert">
      <h2>{text.errors.title}</h2>
      <p>{message}</p>
      {retry && (
        <button type="button" onClick={retry}>
          {text.errors.retry}
        </button>
      )}
    </section>
  );
}
