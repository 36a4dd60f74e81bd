/** One stop of the tab key for a grid of buttons, in which arrow keys go on. */

import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function useRoving<Element extends HTMLElement>(): RefObject<Element | null> {
  const group = useRef<Element>(null);
  useEffect(() => {
    const element = group.current;
    const buttons = (): HTMLButtonElement[] => [...(element?.querySelectorAll<HTMLButtonElement>("button") ?? [])];
    const stop = (chosen: HTMLButtonElement): void => {
      buttons().forEach((button) => (button.tabIndex = button === chosen ? 0 : -1));
    };
    const settle = (): void => {
      const all = buttons();
      const [first] = all;
      if (first !== undefined) {
        stop(all.find((button) => button === document.activeElement) ?? first);
      }
    };
    const focused = ({ target }: FocusEvent): void => {
      if (target instanceof HTMLButtonElement) {
        stop(target);
      }
    };
    const pressed = (event: KeyboardEvent): void => {
      const all = buttons();
      const at = all.indexOf(document.activeElement as HTMLButtonElement);
      const next = at < 0 ? undefined : all[at + step(event.key, all)];
      if (next !== undefined && step(event.key, all) !== 0) {
        event.preventDefault();
        next.focus();
      }
    };
    settle();
    const watcher = new MutationObserver(settle);
    if (element !== null) {
      watcher.observe(element, { childList: true });
    }
    element?.addEventListener("focusin", focused);
    element?.addEventListener("keydown", pressed);
    return () => {
      watcher.disconnect();
      element?.removeEventListener("focusin", focused);
      element?.removeEventListener("keydown", pressed);
    };
  }, []);
  return group;
}

/** How many buttons further an arrow key leads; rows are those of the layout. */
function step(key: string, buttons: readonly HTMLElement[]): number {
  const top = buttons[0]?.offsetTop;
  const columns = Math.max(1, buttons.filter((button) => button.offsetTop === top).length);
  return { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[key] ?? 0;
}
