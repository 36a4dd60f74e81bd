/** One bundle: what it is, and a tab for each thing that it can do. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Listed } from "../bundles";
import { isDropped, newClient } from "../network/client";
import { change, goTo, useAddress } from "../state";
import { isPoints } from "../tabs/points";
import { tabsOf, type Shown, type Tab } from "../tabs/tab";
import { text } from "../text";
import { TabView } from "./lazy";
import { sentence } from "./notices";
import { Problem } from "./problem";
import { ProcessorChoice } from "./processor";

interface Props {
  readonly listed: Listed;
  /** Whether there are others to go back to. */
  readonly several: boolean;
}

export function BundleView({ listed, several }: Props): JSX.Element {
  const [shown, set] = useState<Shown>();
  const [problem, setProblem] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const client = newClient();
    setProblem(undefined);
    client.call("open", { place: listed.place, files: listed.files }).then(
      (opened) => set({ ...opened, listed, client }),
      (error: unknown) => {
        if (!isDropped(error)) {
          setProblem(sentence(error));
        }
      },
    );
    return () => client.close();
  }, [listed, attempt]);
  useEffect(() => () => shown?.client.close(), [shown?.client]);
  return (
    <article class="bundle">
      <header>
        <div>
          {several && (
            <a class="back" href="#" onClick={back}>
              {text.shell.allModels}
            </a>
          )}
          <h2>{listed.name}</h2>
          {shown && <p class="muted">{facts(shown).join(" · ")}</p>}
        </div>
        {shown && <ProcessorChoice shown={shown} use={(client) => set((before) => before && { ...before, client })} />}
      </header>
      {problem !== undefined ? (
        <Problem message={problem} retry={() => setAttempt(attempt + 1)} />
      ) : shown === undefined ? (
        <p class="opening" role="status">
          {text.shell.opening}
        </p>
      ) : (
        <Tabs shown={shown} />
      )}
    </article>
  );
}

function Tabs({ shown }: { shown: Shown }): JSX.Element {
  const tabs = tabsOf(shown);
  const address = useAddress();
  const tab = tabs.find(({ id }) => id === address.get("tab")) ?? tabs[0];
  if (tab === undefined) {
    const names = [...shown.manifest.networks.keys()].join(", ");
    return <Problem message={`${text.empty.nothing} ${text.empty.networks(names)}`} />;
  }
  return (
    <>
      <div class="tabs" role="tablist" aria-label={text.shell.tabs} onKeyDown={(event) => turned(event, tabs, tab)}>
        {tabs.map(({ id, title }) => (
          <button
            key={id}
            id={`tab-${id}`}
            type="button"
            role="tab"
            aria-selected={id === tab.id}
            aria-controls="panel"
            tabIndex={id === tab.id ? 0 : -1}
            onClick={() => change({ tab: id }, true)}
          >
            {title}
          </button>
        ))}
      </div>
      <div id="panel" role="tabpanel" aria-labelledby={`tab-${tab.id}`}>
        <TabView tab={tab} bundle={shown} />
      </div>
    </>
  );
}

/** Arrow keys go from tab to tab. */
function turned(event: KeyboardEvent, tabs: readonly Tab[], tab: Tab): void {
  const at = tabs.indexOf(tab);
  const places: Record<string, number> = {
    ArrowRight: (at + 1) % tabs.length,
    ArrowLeft: (at + tabs.length - 1) % tabs.length,
    Home: 0,
    End: tabs.length - 1,
  };
  const next = tabs[places[event.key] ?? -1];
  if (next !== undefined) {
    event.preventDefault();
    change({ tab: next.id }, true);
    document.getElementById(`tab-${next.id}`)?.focus();
  }
}

function facts({ manifest, listed, takesClass }: Shown): string[] {
  const { image, latent, classes, model } = manifest;
  return [
    ...(model === listed.name ? [] : [model]),
    isPoints({ manifest }) ? text.shell.points : text.shell.pictures(image.height, image.width, image.channels),
    ...(latent ? [text.shell.latent(latent.size)] : []),
    ...(takesClass ? [text.shell.classes(classes.length)] : []),
    text.shell.size(listed.size),
  ];
}

function back(event: Event): void {
  event.preventDefault();
  goTo(undefined);
}
