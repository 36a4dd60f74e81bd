/** What the page says, in the reader's language where there is a file of it. */

import { en } from "./en";

export type Text = typeof en;

const languages: Readonly<Record<string, Text>> = { en };

function chosen(): Text {
  const codes = navigator.languages.map((language) => language.slice(0, 2));
  const code = codes.find((code) => code in languages) ?? "en";
  document.documentElement.lang = code;
  return languages[code] ?? en;
}

export const text = chosen();
