/** The page of `keras-gen watch`: asks the server every two seconds, and shows what has changed. */

import { Chart } from "./chart.js";
import { byId, colour, h, say } from "./elements.js";
import { showOptions } from "./options.js";
import { Pictures } from "./pictures.js";
import { RunList } from "./runs.js";

const PAUSE = 2000;
// Of many runs the first that are shown: those that were changed last.
const FIRST = 6;
const VALIDATION = "val_";

const state = { summaries: [], details: new Map(), versions: new Map(), chosen: new Set(), seen: new Set(), cursor: null };
const settings = { smoothing: 0, logarithmic: false };
const charts = new Map();
const pictures = new Pictures();
const list = new RunList((id, chosen) => {
  state.chosen[chosen ? "add" : "delete"](id);
  refresh();
});

byId("smoothing").addEventListener("input", (event) => {
  settings.smoothing = Number(event.target.value);
  say(byId("smoothed"), String(settings.smoothing));
  showCurves();
});
byId("logarithmic").addEventListener("change", (event) => {
  settings.logarithmic = event.target.checked;
  showCurves();
});
document.addEventListener("visibilitychange", () => document.hidden || refresh());

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) {
    throw new Error(`${path}: ${answer.status}`);
  }
  return answer.json();
}

/** Runs of which the page has not known yet are shown, as long as there are few. */
function chooseNew(summaries) {
  const fresh = summaries.filter((run) => !state.seen.has(run.id)).sort((one, other) => other.changed - one.changed);
  for (const run of fresh) {
    state.seen.add(run.id);
    if (state.chosen.size < FIRST) {
      state.chosen.add(run.id);
    }
  }
  for (const id of state.chosen) {
    if (!summaries.some((run) => run.id === id)) {
      state.chosen.delete(id);
    }
  }
}

let asking = null;
/** Asks once at a time. */
function refresh() {
  asking ??= update().finally(() => {
    asking = null;
  });
  return asking;
}

async function update() {
  try {
    state.summaries = await ask("api/runs");
    chooseNew(state.summaries);
    const stale = shown().filter((run) => state.versions.get(run.id) !== run.version);
    for (const run of stale) {
      state.details.set(run.id, await ask(`api/runs/${run.id}`));
      state.versions.set(run.id, run.version);
    }
    say(byId("connection"), "");
    show();
  } catch (error) {
    if (!(error instanceof TypeError) && !/: 404$/.test(error.message)) {
      throw error;
    }
    say(byId("connection"), "keras-gen watch does not answer; what is shown is the last that it said.");
  }
}

/** The summaries of the chosen runs, with their places in the list. */
function shown() {
  return state.summaries.map((run, index) => ({ ...run, index })).filter((run) => state.chosen.has(run.id));
}

/** The chosen runs of which the curves are known: `now` are figures of the epoch that is being trained. */
function detailed() {
  return shown()
    .filter((run) => state.details.has(run.id))
    .map(({ id, name, index, epoch, step, steps, version, figures: now }) => {
      const { epochs, figures: curves, alarms, config, versions, pictures: grids } = state.details.get(id);
      return { id, name, index, epoch, step, steps, version, now, epochs, curves, alarms, config, versions, pictures: grids };
    });
}

function show() {
  list.update(state.summaries, state.chosen);
  const running = state.summaries.filter((run) => run.state === "running").length;
  document.title = running > 0 ? `${running} running · keras-gen watch` : "keras-gen watch";
  const runs = detailed();
  const key = JSON.stringify(runs.map((run) => [run.id, run.index, state.versions.get(run.id)]));
  showCurves();
  if (key !== show.key) {
    show.key = key;
    showAlarms(runs);
    pictures.update(runs);
    showOptions(runs);
  }
}

function showAlarms(runs) {
  const found = runs.flatMap((run) => run.alarms.map((alarm) => ({ ...alarm, run })));
  found.sort((one, other) => other.epoch - one.epoch);
  byId("alarms-section").hidden = found.length === 0;
  byId("alarms").replaceChildren(
    ...found.map(({ run, line }) =>
      h("li", {}, h("span", { class: `swatch ${colour(run.index)}`, "aria-hidden": "true" }), h("b", {}, run.name), ` ${line}`),
    ),
  );
}

/** The series of each figure, losses first; training and validation are one chart. */
function figuresOf(runs) {
  const figures = new Map();
  for (const run of runs) {
    for (const name of new Set([...Object.keys(run.curves), ...Object.keys(run.now)])) {
      const validation = name.startsWith(VALIDATION);
      const plain = validation ? name.slice(VALIDATION.length) : name;
      const values = run.curves[name] ?? run.epochs.map(() => null);
      const now = name in run.now && run.steps > 0 ? [run.epoch + run.step / run.steps, run.now[name]] : null;
      const alarms = run.alarms.filter((alarm) => alarm.figure === name).map((alarm) => alarm.epoch);
      const series = { run: run.name, index: run.index, validation, epochs: run.epochs, values, now, alarms };
      figures.set(plain, [...(figures.get(plain) ?? []), series]);
    }
  }
  const loss = (name) => (name.includes("loss") ? 0 : 1);
  return [...figures].sort(([one], [other]) => loss(one) - loss(other) || one.localeCompare(other));
}

function showCurves() {
  const runs = detailed();
  const figures = figuresOf(runs);
  byId("curves-section").hidden = figures.length === 0;
  const elements = figures.map(([name, series]) => {
    const chart = charts.get(name) ?? new Chart(name, point, (epoch) => pictures.at(epoch));
    charts.set(name, chart);
    const key = JSON.stringify([runs.map((run) => [run.id, run.index, run.version]), series.map((one) => one.now), settings]);
    if (chart.drawn !== key) {
      chart.drawn = key;
      chart.update(series, settings);
      chart.at(state.cursor);
    }
    return chart.element;
  });
  const place = byId("curves");
  if (elements.length !== place.children.length || elements.some((one, index) => one !== place.children[index])) {
    place.replaceChildren(...elements);
  }
}

function point(epoch) {
  if (state.cursor !== epoch) {
    state.cursor = epoch;
    for (const chart of charts.values()) {
      chart.at(epoch);
    }
  }
}

refresh();
setInterval(() => document.hidden || refresh(), PAUSE);
