/** One figure of several runs over their epochs. */

import { colour, h, say, svg } from "./elements.js";
import { short, smooth, ticks } from "./numbers.js";

const WIDTH = 420;
const HEIGHT = 210;
const LEFT = 52;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 26;
const MOST_ROWS = 500;

/** A plot with a legend of values and a table of numbers. The cursor is an epoch, the same in all charts. */
export class Chart {
  /**
   * @param name of the figure.
   * @param onCursor told the epoch that is pointed at, or null.
   * @param onChosen told the epoch that is clicked.
   */
  constructor(name, onCursor, onChosen) {
    this.name = name;
    this.onCursor = onCursor;
    this.onChosen = onChosen;
    this.series = [];
    this.cursor = null;
    this.plot = svg("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      tabindex: "0",
      pointermove: (event) => this.point(event),
      pointerleave: () => onCursor(null),
      blur: () => onCursor(null),
      click: () => this.cursor !== null && onChosen(this.cursor),
      keydown: (event) => this.key(event),
    });
    this.legend = h("ul", { class: "legend" });
    this.table = h("details", { toggle: () => this.fill() }, h("summary", {}, "Numbers"));
    this.element = h(
      "figure",
      { class: "chart", "data-figure": name },
      h("figcaption", {}, name),
      this.plot,
      this.legend,
      this.table,
    );
  }

  /**
   * Shows other values.
   *
   * @param series of each run: `run` (its name), `index` (its place), `validation`, `epochs`, `values`, `alarms`
   *   (epochs), and `now` ([epoch, value] of what is being trained).
   * @param settings `smoothing` from 0 to 1, `logarithmic`.
   */
  update(series, settings) {
    this.series = series.map((one) => ({ ...one, smoothed: smooth(one.values, settings.smoothing) }));
    this.smoothing = settings.smoothing;
    const all = this.series.flatMap((one) => [...one.values, ...(one.now ? [one.now[1]] : [])]);
    const known = all.filter((value) => value !== null);
    this.logarithmic = settings.logarithmic && known.length > 0 && known.every((value) => value > 0);
    this.scales(known);
    this.draw();
    this.read();
    if (this.table.open) {
      this.fill();
    }
  }

  scales(known) {
    const turn = this.logarithmic ? Math.log10 : (value) => value;
    const epochs = this.series.flatMap((one) => [...one.epochs, ...(one.now ? [one.now[0]] : [])]);
    const [first, last] = [Math.min(...epochs, 1), Math.max(...epochs, 2)];
    let [low, high] = known.length > 0 ? [0, 0] : [0, 1];
    if (known.length > 0) {
      const turned = known.map(turn);
      low = turned.reduce((one, other) => Math.min(one, other));
      high = turned.reduce((one, other) => Math.max(one, other));
    }
    const room = (high - low || Math.abs(high) || 1) * 0.05;
    [low, high] = [low - room, high + room];
    this.x = (epoch) => LEFT + ((epoch - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
    this.y = (value) => TOP + ((high - turn(value)) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    this.domain = { first, last, low, high };
  }

  draw() {
    const { first, last, low, high } = this.domain;
    const across = ticks(first, last, 5).filter(Number.isInteger);
    const up = ticks(low, high).map((at) => (this.logarithmic ? 10 ** at : at));
    this.line = svg("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
    this.plot.replaceChildren(
      ...up.map((value) => svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: this.y(value), y2: this.y(value) })),
      ...up.map((value) => svg("text", { x: LEFT - 6, y: this.y(value) + 4, "text-anchor": "end" }, short(value))),
      ...across.map((epoch) => svg("text", { x: this.x(epoch), y: HEIGHT - 8, "text-anchor": "middle" }, String(epoch))),
      this.line,
      ...this.series.flatMap((one) => this.curve(one)),
    );
  }

  curve(one) {
    const kind = `${colour(one.index)}${one.validation ? " validation" : ""}`;
    const parts = [];
    if (this.smoothing > 0) {
      parts.push(svg("path", { class: `curve faint ${kind}`, d: this.path(one.epochs, one.values) }));
    }
    parts.push(svg("path", { class: `curve ${kind}`, d: this.path(one.epochs, one.smoothed) }));
    if (one.now) {
      parts.push(svg("circle", { class: `now ${kind}`, cx: this.x(one.now[0]), cy: this.y(one.now[1]), r: 3.5 }));
    }
    for (const epoch of one.alarms) {
      const value = one.values[one.epochs.indexOf(epoch)];
      const [x, y] = [this.x(epoch), value === null || value === undefined ? TOP + 8 : this.y(value)];
      parts.push(svg("path", { class: `alarm ${kind}`, d: `M${x} ${y - 6}L${x + 5.5} ${y + 4}L${x - 5.5} ${y + 4}Z` }));
    }
    return parts;
  }

  /** A line over the epochs that have a value: a figure may be measured every so many epochs. A single value is a dot. */
  path(epochs, values) {
    let text = "";
    let open = false;
    values.forEach((value, index) => {
      if (value !== null) {
        const place = `${this.x(epochs[index]).toFixed(1)} ${this.y(value).toFixed(1)}`;
        text += open ? `L${place}` : `M${place}h0`;
        open = true;
      }
    });
    return text;
  }

  /** Puts the cursor at an epoch, or nowhere; the legend has the values there, or the last ones. */
  at(epoch) {
    this.cursor = epoch;
    this.line.setAttribute("visibility", epoch === null ? "hidden" : "visible");
    if (epoch !== null) {
      this.line.setAttribute("x1", this.x(epoch));
      this.line.setAttribute("x2", this.x(epoch));
    }
    this.read();
  }

  read() {
    const entries = this.series.map((one) => [one, this.value(one)]);
    const texts = entries.map(([one, [epoch, value]]) => `${label(one)}: ${short(value)}${epoch ? ` at ${epoch}` : ""}`);
    say(this.legend, "");
    this.legend.replaceChildren(
      ...entries.map(([one, [epoch, value]]) =>
        h(
          "li",
          {},
          h("span", { class: `swatch ${colour(one.index)}${one.validation ? " validation" : ""}`, "aria-hidden": "true" }),
          h("span", { class: "who" }, label(one)),
          h("b", {}, short(value)),
          h("span", { class: "when" }, epoch ? `epoch ${epoch}` : ""),
        ),
      ),
    );
    this.plot.setAttribute("aria-label", `${this.name}. ${texts.join("; ")}`);
  }

  /** Epoch and value at the cursor, or of the last epoch with one. */
  value(one) {
    const limit = this.cursor ?? Infinity;
    for (let index = one.epochs.length - 1; index >= 0; index -= 1) {
      if (one.epochs[index] <= limit && one.values[index] !== null) {
        return [one.epochs[index], one.values[index]];
      }
    }
    return [null, null];
  }

  point(event) {
    const box = this.plot.getBoundingClientRect();
    const { first, last } = this.domain;
    const share = (((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT);
    this.onCursor(Math.round(Math.min(1, Math.max(0, share)) * (last - first) + first));
  }

  key(event) {
    const { first } = this.domain;
    const last = Math.max(...this.series.flatMap((one) => one.epochs), first);
    const from = this.cursor ?? last;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 };
    if (event.key in steps) {
      this.onCursor(Math.min(last, Math.max(first, from + (this.cursor === null && steps[event.key] < 0 ? 0 : steps[event.key]))));
    } else if (event.key === "Home" || event.key === "End") {
      this.onCursor(event.key === "Home" ? first : last);
    } else if (event.key === "Enter" && this.cursor !== null) {
      this.onChosen(this.cursor);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** The table of numbers, made when it is opened. */
  fill() {
    if (!this.table.open) {
      return;
    }
    const epochs = [...new Set(this.series.flatMap((one) => one.epochs))].sort((one, other) => other - one);
    const shown = epochs.slice(0, MOST_ROWS);
    const values = this.series.map((one) => new Map(one.epochs.map((epoch, index) => [epoch, one.values[index]])));
    const head = h("tr", {}, h("th", { scope: "col" }, "epoch"), ...this.series.map((one) => h("th", { scope: "col" }, label(one))));
    const rows = shown.map((epoch) =>
      h("tr", {}, h("th", { scope: "row" }, String(epoch)), ...values.map((of) => h("td", {}, short(of.get(epoch))))),
    );
    const left = epochs.length - shown.length;
    this.table.replaceChildren(
      h("summary", {}, "Numbers"),
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": `Numbers of ${this.name}` },
        h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)),
        ...(left > 0 ? [h("p", {}, `${left} earlier epochs are in metrics.csv.`)] : []),
      ),
    );
  }
}

function label(one) {
  return one.validation ? `${one.run}, validation` : one.run;
}
