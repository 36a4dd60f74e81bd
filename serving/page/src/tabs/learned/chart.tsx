/** Figures over epochs as lines, with a mark where the film is. */

import type { JSX } from "preact";

import { text } from "../../text";

export interface Line {
  readonly name: string;
  /** [epoch, value]; a value that is not there breaks the line. */
  readonly points: readonly (readonly [number, number | null])[];
}

export interface Limits {
  readonly epochs: readonly [number, number];
  readonly values: readonly [number, number];
}

interface Props {
  readonly title: string;
  readonly lines: readonly Line[];
  /** What two charts side by side have in common. */
  readonly limits: Limits;
  readonly epoch: number;
  /** Epochs with an alarm. */
  readonly marks?: readonly number[];
}

const [WIDTH, HEIGHT] = [320, 120];

export function Chart({ title, lines, limits, epoch, marks = [] }: Props): JSX.Element {
  const x = (value: number): number => place(value, limits.epochs) * WIDTH;
  const y = (value: number): number => (1 - place(value, limits.values)) * HEIGHT;
  const now = lines.map(({ name, points }) => ({ name, value: valueAt(points, epoch) }));
  const said = now.map(({ name, value }) => text.learned.said(name, value)).join(", ");
  return (
    <figure class="chart">
      <figcaption>
        <h4>{title}</h4>
        <ul>
          {now.map(({ name, value }, index) => (
            <li key={name} class={`line-${index % 4}`}>
              <span class="key" aria-hidden="true" />
              {text.learned.said(name, value)}
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="lines">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${said}`}>
          {marks.map((mark) => (
            <line key={mark} class="mark" x1={x(mark)} x2={x(mark)} y1={0} y2={HEIGHT} />
          ))}
          {lines.map(({ name, points }, index) => (
            <path key={name} class={`line-${index % 4}`} d={drawn(points, x, y)} />
          ))}
          <line class="now" x1={x(epoch)} x2={x(epoch)} y1={0} y2={HEIGHT} />
        </svg>
        <span class="high">{text.learned.number(limits.values[1])}</span>
        <span class="low">{text.learned.number(limits.values[0])}</span>
      </div>
    </figure>
  );
}

/** The limits of all lines. */
export function limitsOf(lines: readonly Line[]): Limits {
  const points = lines.flatMap((line) => line.points);
  const values = points.flatMap(([, value]) => value ?? []);
  return { epochs: ends(points.map(([epoch]) => epoch)), values: ends(values) };
}

function ends(numbers: readonly number[]): readonly [number, number] {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return Number.isFinite(low) ? [low, high > low ? high : low + 1] : [0, 1];
}

function place(value: number, [low, high]: readonly [number, number]): number {
  return (value - low) / (high - low);
}

/** The newest value up to an epoch. */
function valueAt(points: Line["points"], epoch: number): number | undefined {
  const before = points.filter(([at, value]) => at <= epoch && value !== null);
  return before.at(-1)?.[1] ?? undefined;
}

function drawn(points: Line["points"], x: (value: number) => number, y: (value: number) => number): string {
  let broken = true;
  return points
    .map(([epoch, value]) => {
      const step = value === null ? "" : `${broken ? "M" : "L"}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`;
      broken = value === null;
      return step;
    })
    .join("");
}
