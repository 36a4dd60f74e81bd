/** What the page shows, as the part of its address behind `#`: a link restores it, and the back button goes back. */

import { useEffect, useState } from "preact/hooks";

export type Changes = Readonly<Record<string, string | number | undefined>>;

const CHANGED = "keras-gen-state";
/** Browsers refuse an address that changes too often, as it would while a slider moves. */
const PAUSE = 300;

let current = read();
let writing: ReturnType<typeof setTimeout> | undefined;

for (const event of ["hashchange", "popstate"]) {
  addEventListener(event, () => {
    clearTimeout(writing);
    writing = undefined;
    current = read();
    dispatchEvent(new Event(CHANGED));
  });
}

/**
 * Changes some entries; undefined takes one away.
 *
 * @param push whether the back button leads back to what was there, as between tabs, and not while a slider moves.
 */
export function change(changes: Changes, push = false): void {
  become(changed(current, changes), push);
}

/** Leaves only the entries that every tab has. */
export function goTo(bundle: string | undefined, tab?: string): void {
  become(changed(new URLSearchParams(), { bundle, tab }), true);
}

/** The address of what is shown now. */
export function link(): string {
  write();
  return location.href;
}

export function useAddress(): URLSearchParams {
  const [shown, set] = useState(current);
  useEffect(() => {
    const update = (): void => set(current);
    addEventListener(CHANGED, update);
    update();
    return () => removeEventListener(CHANGED, update);
  }, []);
  return shown;
}

function read(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

function changed(before: URLSearchParams, changes: Changes): URLSearchParams {
  const next = new URLSearchParams(before);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) {
      next.delete(name);
    } else {
      next.set(name, `${value}`);
    }
  }
  return next;
}

function become(next: URLSearchParams, push: boolean): void {
  if (`${next}` === `${current}`) {
    return;
  }
  if (push) {
    write();
    history.pushState(null, "", `#${next}`);
  }
  current = next;
  writing ??= push ? undefined : setTimeout(write, PAUSE);
  dispatchEvent(new Event(CHANGED));
}

function write(): void {
  clearTimeout(writing);
  writing = undefined;
  if (`#${current}` !== location.hash && `${current}` !== `${read()}`) {
    history.replaceState(null, "", `#${current}`);
  }
}
