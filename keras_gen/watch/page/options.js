/** What runs were asked for: all of it of one, what differs of several. */

import { byId, h } from "./elements.js";

/** @param runs of each its `name`, `config` and `versions`. */
export function showOptions(runs) {
  byId("options-section").hidden = runs.length === 0;
  const all = runs.map((run) => ({ ...run.config, ...prefixed(run.versions) }));
  const names = [...new Set(all.flatMap(Object.keys))].filter((name) => name !== "out");
  const differing = names.filter((name) => new Set(all.map((one) => one[name])).size > 1);
  const same = names.filter((name) => !differing.includes(name));
  const parts = [];
  if (runs.length > 1 && differing.length > 0) {
    parts.push(table(runs, all, differing, "Options that differ"));
  } else if (runs.length > 1) {
    parts.push(h("p", {}, "The shown runs have the same options."));
  }
  const title = runs.length > 1 ? `The same in all: ${same.length}` : `All ${same.length}`;
  const open = byId("options").querySelector("details")?.open ?? false;
  parts.push(h("details", { open }, h("summary", {}, title), table(runs.slice(0, 1), all, same, title)));
  byId("options").replaceChildren(...parts);
}

function prefixed(versions) {
  return Object.fromEntries(Object.entries(versions).map(([name, number]) => [`version of ${name}`, number]));
}

function table(runs, all, names, label) {
  const single = runs.length === 1;
  const head = h("tr", {}, h("th", { scope: "col" }, "option"), ...runs.map((run) => h("th", { scope: "col" }, single ? "value" : run.name)));
  const rows = names.map((name) =>
    h("tr", {}, h("th", { scope: "row" }, name), ...runs.map((_, index) => h("td", {}, all[index][name] ?? "–"))),
  );
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)),
  );
}
