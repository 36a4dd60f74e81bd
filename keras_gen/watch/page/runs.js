/** The list of runs: what they are, how far they are, and which are shown. */

import { byId, colour, h, say } from "./elements.js";
import { duration, short } from "./numbers.js";

const WORDS = {
  starting: "starting",
  running: "running",
  silent: "silent",
  finished: "finished",
  stopped: "stopped",
};
// Seconds after which a running process is said to be quiet.
const QUIET = 60;

/** Entries by run, which stay the same elements while runs go on. */
export class RunList {
  /** @param onChosen called when another set of runs is to be shown. */
  constructor(onChosen) {
    this.onChosen = onChosen;
    this.entries = new Map();
    this.list = h("ul", { class: "runs" });
    this.none = h("p", {}, "No run yet. The page shows it once it begins.");
  }

  /** Shows summaries, as the server gives them. */
  update(summaries, chosen) {
    const place = byId("runs");
    const wanted = summaries.length > 0 ? this.list : this.none;
    if (place.firstChild !== wanted) {
      place.replaceChildren(wanted);
    }
    const items = summaries.map((summary, index) => {
      const entry = this.entries.get(summary.id) ?? this.entry(summary);
      this.entries.set(summary.id, entry);
      this.show(entry, summary, index, chosen.has(summary.id));
      return entry.element;
    });
    if (items.length !== this.list.children.length || items.some((item, index) => item !== this.list.children[index])) {
      this.list.replaceChildren(...items);
    }
  }

  entry(summary) {
    const box = h("input", { type: "checkbox", change: () => this.onChosen(summary.id, box.checked) });
    const parts = {
      box,
      swatch: h("span", { "aria-hidden": "true" }),
      what: h("span", { class: "what" }),
      state: h("span", { class: "state" }),
      bar: h("progress", {}),
      far: h("span", { class: "far" }),
      figures: h("p", { class: "figures" }),
      reason: h("p", { class: "reason" }),
    };
    const name = h("label", {}, box, parts.swatch, h("b", {}, summary.name));
    const first = h("div", { class: "first" }, name, parts.what, parts.state);
    const second = h("div", { class: "second" }, parts.bar, parts.far);
    parts.element = h("li", { "data-run": summary.name }, first, second, parts.reason, parts.figures);
    return parts;
  }

  show(entry, run, index, chosen) {
    entry.box.checked = chosen;
    entry.swatch.className = `swatch ${colour(index)}`;
    say(entry.what, [run.model, run.data].filter(Boolean).join(" on "));
    say(entry.state, WORDS[run.state] ?? run.state);
    entry.state.className = `state ${run.state}`;
    const done = run.epoch + (run.steps > 0 ? run.step / run.steps : 0);
    entry.bar.max = run.epochs || 1;
    entry.bar.value = run.epochs ? done : 0;
    entry.bar.setAttribute("aria-label", `Progress of ${run.name}`);
    say(entry.far, far(run));
    say(entry.reason, reason(run));
    say(entry.figures, Object.keys(run.figures).length > 0 ? `this epoch so far: ${figures(run.figures)}` : "");
  }
}

function far(run) {
  const parts = [`epoch ${run.epoch}${run.epochs ? ` of ${run.epochs}` : ""}`];
  if (run.state === "running" && run.step > 0 && run.steps > 0) {
    parts.push(`step ${run.step} of ${run.steps}`);
  }
  if (run.left !== null && run.state === "running") {
    parts.push(`about ${duration(run.left)} left`);
  }
  return parts.join(", ");
}

function reason(run) {
  const quiet = run.state === "running" && run.age > QUIET;
  return [run.reason, quiet || run.state === "silent" ? `last sign of life ${duration(run.age)} ago` : ""].filter(Boolean).join("; ");
}

function figures(found) {
  return Object.entries(found)
    .map(([name, value]) => `${name} ${short(value)}`)
    .join(", ");
}
