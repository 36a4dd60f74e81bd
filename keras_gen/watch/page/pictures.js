/** The samples of all shown runs at one epoch. */

import { byId, colour, h, say } from "./elements.js";

const PAUSE = 300;

/** A picture of each run, and a slider over the epochs that have one. */
export class Pictures {
  constructor() {
    this.epochs = [];
    this.runs = [];
    this.columns = new Map();
    this.slider = byId("epoch");
    this.follow = byId("follow");
    this.play = byId("play");
    this.timer = null;
    this.slider.addEventListener("input", () => {
      this.follow.checked = Number(this.slider.value) === this.epochs.length - 1;
      this.show();
    });
    this.follow.addEventListener("change", () => this.follow.checked && this.choose(this.epochs.length - 1));
    this.play.addEventListener("click", () => (this.timer === null ? this.start() : this.stop()));
  }

  /**
   * @param runs of each its `id`, `name`, `index` and `pictures`, pairs of an epoch and when its file was written.
   */
  update(runs) {
    const before = this.epochs[Number(this.slider.value)];
    this.runs = runs.filter((run) => run.pictures.length > 0);
    this.epochs = [...new Set(this.runs.flatMap((run) => run.pictures.map(([epoch]) => epoch)))].sort((a, b) => a - b);
    byId("pictures-section").hidden = this.epochs.length === 0;
    this.slider.max = Math.max(0, this.epochs.length - 1);
    this.slider.disabled = this.epochs.length < 2;
    this.play.disabled = this.epochs.length < 2;
    this.slider.value = this.follow.checked ? this.epochs.length - 1 : Math.max(0, this.epochs.indexOf(before));
    this.show();
  }

  /** Shows the pictures of an epoch, or those before it. */
  at(epoch) {
    const index = this.epochs.findLastIndex((one) => one <= epoch);
    this.follow.checked = false;
    this.choose(Math.max(0, index));
  }

  choose(index) {
    this.slider.value = index;
    this.show();
  }

  start() {
    say(this.play, "Pause");
    if (Number(this.slider.value) === this.epochs.length - 1) {
      this.choose(0);
    }
    this.follow.checked = false;
    this.timer = setInterval(() => {
      const next = Number(this.slider.value) + 1;
      if (next < this.epochs.length) {
        this.choose(next);
      } else {
        this.stop();
        this.follow.checked = true;
      }
    }, PAUSE);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    say(this.play, "Play");
  }

  show() {
    const epoch = this.epochs[Number(this.slider.value)];
    this.slider.setAttribute("aria-valuetext", `epoch ${epoch}`);
    say(byId("shown"), epoch === undefined ? "" : String(epoch));
    const items = this.runs.map((run) => this.column(run, epoch));
    const place = byId("pictures");
    if (items.length !== place.children.length || items.some((item, index) => item !== place.children[index])) {
      place.replaceChildren(...items);
    }
  }

  column(run, epoch) {
    const column = this.columns.get(run.id) ?? this.made(run);
    this.columns.set(run.id, column);
    column.swatch.className = `swatch ${colour(run.index)}`;
    const found = run.pictures.findLast(([one]) => one <= epoch) ?? run.pictures[0];
    const address = `api/runs/${run.id}/pictures/${found[0]}?v=${found[1]}`;
    if (column.image.getAttribute("src") !== address) {
      column.image.setAttribute("src", address);
      column.image.alt = `Samples of ${run.name} after epoch ${found[0]}`;
    }
    say(column.caption, `after epoch ${found[0]}`);
    return column.element;
  }

  made(run) {
    const parts = { swatch: h("span", { "aria-hidden": "true" }), image: h("img", {}), caption: h("span", { class: "when" }) };
    const caption = h("figcaption", {}, parts.swatch, h("b", {}, run.name), parts.caption);
    return { ...parts, element: h("figure", {}, caption, parts.image) };
  }
}
