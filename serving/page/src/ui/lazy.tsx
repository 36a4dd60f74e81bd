/** Views that are fetched when they are first shown. */

import type { ComponentType, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Tab, TabProps } from "../tabs/tab";
import { useNotify } from "./notices";

const fetched = new Map<string, ComponentType<TabProps>>();

export function TabView({ tab, ...props }: TabProps & { tab: Tab }): JSX.Element | null {
  const [, setReady] = useState("");
  const notify = useNotify();
  useEffect(() => {
    let wanted = true;
    tab.view().then((view) => {
      fetched.set(tab.id, view);
      if (wanted) {
        setReady(tab.id);
      }
    }, notify);
    return () => {
      wanted = false;
    };
  }, [tab, notify]);
  const View = fetched.get(tab.id);
  return View === undefined ? null : <View key={`${tab.id} ${props.bundle.listed.name}`} {...props} />;
}
