/** Which figures of a film are shown together. */

import { text } from "../../text";
import type { Film } from "./film";
import type { Line } from "./chart";

export interface Group {
  readonly title: string;
  lines(film: Film): readonly Line[];
}

/** The groups that any of some films has figures of. */
export function groupsOf(films: readonly Film[]): readonly Group[] {
  return GROUPS.filter(({ lines }) => films.some((film) => lines(film).length > 0));
}

const GROUPS: readonly Group[] = [
  {
    title: text.learned.losses,
    lines: (film) => columns(film, (name) => /^(?!val_)(.*loss|reconstruction|kl)$/.test(name)),
  },
  { title: text.learned.figure("js"), lines: (film) => ofFrames(film, "js") },
  { title: text.learned.figure("kl"), lines: (film) => ofFrames(film, "kl") },
  {
    title: text.learned.shares,
    lines: (film) =>
      columns(film, (name) => name === "discriminator_accuracy" || /^sample_(div|dup|mod|agr)/.test(name)),
  },
];

function columns({ history }: Film, shown: (name: string) => boolean): readonly Line[] {
  const epochs = history.get("epoch") ?? [];
  return [...history]
    .filter(([name, column]) => shown(name) && column.some((value) => value !== null))
    .map(([name, column]) => ({
      name: text.learned.figure(name),
      points: column.map((value, index) => [epochs[index] ?? index + 1, value] as const),
    }));
}

/** What was measured with the frames themselves: how far samples are from the data. */
function ofFrames({ frames }: Film, name: string): readonly Line[] {
  const points = frames.map(({ epoch, figures }) => [epoch, figures[name] ?? null] as const);
  return points.some(([, value]) => value !== null) ? [{ name: text.learned.distance, points }] : [];
}
