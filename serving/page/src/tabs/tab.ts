/** What a tab is. Each is a folder here, whose `tab.ts` says what a bundle must have; nothing else lists them. */

import type { ComponentType } from "preact";

import type { Client } from "../network/client";
import type { Opened } from "../network/calls";
import type { Listed } from "../bundles";

/** A bundle that is open, and the Worker that runs it. */
export interface Shown extends Opened {
  readonly listed: Listed;
  readonly client: Client;
}

export interface TabProps {
  readonly bundle: Shown;
}

export interface Tab {
  /** In addresses: `#tab=wall`. */
  readonly id: string;
  readonly title: string;
  /** From left to right. */
  readonly place: number;
  fits(bundle: Opened): boolean;
  /** Its view, fetched when it is first shown. */
  view(): Promise<ComponentType<TabProps>>;
}

const found = import.meta.glob<{ tab: Tab }>("./*/tab.ts", { eager: true });

const tabs: readonly Tab[] = Object.values(found)
  .map(({ tab }) => tab)
  .sort((one, other) => one.place - other.place);

export function tabsOf(bundle: Opened): readonly Tab[] {
  return tabs.filter((tab) => tab.fits(bundle));
}
