/** Light, dark, or as the system is. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { text } from "../text";
import { remembered, remember } from "./remember";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const KEY = "theme";

function current(): Theme {
  return THEMES.find((theme) => theme === remembered(KEY)) ?? "auto";
}

export function applyTheme(theme: Theme = current()): void {
  document.documentElement.dataset["theme"] = theme;
}

export function ThemeChoice(): JSX.Element {
  const [theme, set] = useState(current);
  const choose = (next: Theme): void => {
    remember(KEY, next);
    applyTheme(next);
    set(next);
  };
  return (
    <label class="inline">
      <span>{text.shell.theme.label}</span>
      <select value={theme} onChange={({ currentTarget }) => choose(currentTarget.value as Theme)}>
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {text.shell.theme[name]}
          </option>
        ))}
      </select>
    </label>
  );
}
