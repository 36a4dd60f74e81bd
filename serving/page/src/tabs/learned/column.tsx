/** A film as one of one or two columns: the frame of an epoch, figures, alarms. */

import type { JSX } from "preact";

import { text } from "../../text";
import { Chart, type Limits } from "./chart";
import type { Group } from "./figures";
import { indexAt, type Film } from "./film";
import type { Layer } from "./point_drawing";
import { Stage } from "./stage";

interface Props {
  readonly name: string;
  readonly film: Film;
  readonly epoch: number;
  readonly layers: ReadonlySet<Layer>;
  readonly groups: readonly (Group & { readonly limits: Limits })[];
  go(epoch: number): void;
}

export function Column({ name, film, epoch, layers, groups, go }: Props): JSX.Element {
  const frame = film.frames[indexAt(film, epoch)]!;
  return (
    <section class="column" aria-label={name}>
      <h3>{name}</h3>
      <Stage film={film} frame={frame} layers={layers} />
      <div class="beside">
        {groups.map(({ title, lines, limits }) => (
          <Chart
            key={title}
            title={title}
            lines={lines(film)}
            limits={limits}
            epoch={epoch}
            marks={film.alarms.map((alarm) => alarm.epoch)}
          />
        ))}
        <h4>{text.learned.alarms}</h4>
        {film.alarms.length === 0 ? (
          <p class="muted">{text.learned.noAlarms}</p>
        ) : (
          <ul class="alarms">
            {film.alarms.map((alarm) => (
              <li key={`${alarm.epoch} ${alarm.figure}`} data-past={alarm.epoch <= epoch}>
                <button type="button" class="quiet" onClick={() => go(alarm.epoch)}>
                  {text.learned.epoch(alarm.epoch)}
                </button>
                <span>
                  {text.learned.said(text.learned.figure(alarm.figure), alarm.value ?? undefined)}: {alarm.cause}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
