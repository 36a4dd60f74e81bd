/** The page: which bundles there are, and the one that is open. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { listedBundles, type Listed } from "./bundles";
import { BundleView } from "./ui/bundle_view";
import { Empty } from "./ui/empty";
import { List } from "./ui/list";
import { sentence, WithNotices } from "./ui/notices";
import { Problem } from "./ui/problem";
import { ThemeChoice } from "./ui/theme";
import { goTo, useAddress } from "./state";
import { text } from "./text";

export function App(): JSX.Element {
  const [bundles, set] = useState<readonly Listed[]>();
  const [problem, setProblem] = useState<string>();
  const address = useAddress();
  useEffect(() => {
    listedBundles().then(set, (error: unknown) => setProblem(sentence(error)));
  }, []);
  const given = (listed: Listed): void => {
    set((before = []) => [...before.filter(({ name }) => name !== listed.name), listed]);
    setProblem(undefined);
    goTo(listed.name);
  };
  return (
    <WithNotices>
      <a class="skip" href="#main" onClick={skip}>
        {text.shell.skip}
      </a>
      <header class="top">
        <h1>
          <a href="#" onClick={home}>
            {text.shell.title}
          </a>
        </h1>
        <p>{text.shell.tagline}</p>
      </header>
      <main id="main" tabIndex={-1}>
        {body(bundles, address.get("bundle"), unusable() ?? problem, given)}
      </main>
      <footer class="bottom">
        <ThemeChoice />
        <a href="licences.txt">{text.shell.licences}</a>
      </footer>
    </WithNotices>
  );
}

function body(
  bundles: readonly Listed[] | undefined,
  name: string | null,
  problem: string | undefined,
  given: (listed: Listed) => void,
): JSX.Element | null {
  if (problem !== undefined) {
    return <Problem message={problem} />;
  }
  if (bundles === undefined) {
    return null;
  }
  if (bundles.length === 0) {
    return <Empty given={given} />;
  }
  const only = name ?? (bundles.length === 1 ? bundles[0]?.name : undefined);
  if (only === undefined) {
    return <List bundles={bundles} given={given} />;
  }
  const chosen = bundles.find((listed) => listed.name === only);
  return chosen === undefined ? (
    <>
      <Problem message={text.errors.noBundle(only)} />
      <List bundles={bundles} given={given} />
    </>
  ) : (
    <BundleView key={chosen.name} listed={chosen} several={bundles.length > 1} />
  );
}

/** Why this browser cannot run networks at all. */
function unusable(): string | undefined {
  if (typeof WebAssembly === "undefined") {
    return text.errors.noWebAssembly;
  }
  return globalThis.crypto?.subtle === undefined ? text.errors.insecure : undefined;
}

function home(event: Event): void {
  event.preventDefault();
  goTo(undefined);
}

/** The part of the address behind `#` holds what the page shows, and so is no place to jump to. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
