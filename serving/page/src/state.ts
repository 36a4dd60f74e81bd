/** What the page shows, as the part of its address behind `#`: a link restores it, and the back button goes back. */

import { useEffect, useState } from "preact/hooks";

export type Changes = Readonly<Record<string, string | number | undefined>>;

const CHANGED = "keras-gen-state";

export function state(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

/**
 * Changes some entries; undefined takes one away.
 *
 * @param push whether the back button leads back to what was there, as between tabs, and not while a slider moves.
 */
export function change(changes: Changes, push = false): void {
  const next = state();
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) {
      next.delete(name);
    } else {
      next.set(name, `${value}`);
    }
  }
  const hash = `#${next}`;
  if (hash !== location.hash) {
    history[push ? "pushState" : "replaceState"](null, "", hash);
    dispatchEvent(new Event(CHANGED));
  }
}

/** Leaves only the entries that every tab has. */
export function goTo(bundle: string | undefined, tab?: string): void {
  const next = new URLSearchParams();
  for (const [name, value] of Object.entries({ bundle, tab })) {
    if (value !== undefined) {
      next.set(name, value);
    }
  }
  history.pushState(null, "", `#${next}`);
  dispatchEvent(new Event(CHANGED));
}

export function useAddress(): URLSearchParams {
  const [current, set] = useState(state);
  useEffect(() => {
    const read = (): void => set(state());
    const events = [CHANGED, "hashchange", "popstate"];
    events.forEach((event) => addEventListener(event, read));
    return () => events.forEach((event) => removeEventListener(event, read));
  }, []);
  return current;
}
