import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { text } from "../text";
import { useNotify } from "./notices";

/** A button that copies a text, and says that it did. */
export function CopyButton({
  text: copied,
  children,
}: {
  text: () => string;
  children: ComponentChildren;
}): JSX.Element {
  const [done, set] = useState(false);
  const notify = useNotify();
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(copied());
    set(true);
    setTimeout(() => set(false), 2000);
  };
  return (
    <button type="button" onClick={() => void copy().catch(notify)}>
      <span aria-live="polite">{done ? text.common.copied : children}</span>
    </button>
  );
}
