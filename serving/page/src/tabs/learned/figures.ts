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
  { title: text.learned.distances, lines: (film) => ofFrames(film) },
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

/** What was measured with the frames themselves. */
function ofFrames({ frames }: Film): readonly Line[] {
  const names = Object.keys(frames[0]?.figures ?? {});
  return names.map((name) => ({
    name: text.learned.figure(name),
    points: frames.map(({ epoch, figures }) => [epoch, figures[name] ?? null] as const),
  }));
}
