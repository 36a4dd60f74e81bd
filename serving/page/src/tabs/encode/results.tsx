/** What comes of a picture: its code as bars, its classes, and the training pictures whose codes are nearest. */

import type { Rows } from "keras-gen";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";

import { drawTile } from "../../codes/atlas";
import type { Codes } from "../../codes/codes";
import { text } from "../../text";
import { useRoving } from "../../ui/roving";

const MOST_CLASSES = 10;
const NEAREST = 8;
const TILE = 64;

/** A bar for each number of a code, up where it is positive. */
export function CodeBars({ code }: { code: Rows }): JSX.Element {
  const { data } = code;
  const most = data.reduce((found, value) => Math.max(found, Math.abs(value)), 1e-6);
  const width = 100 / data.length;
  const bars = Array.from(data, (value, index) => {
    const height = Math.max(0.4, (38 * Math.abs(value)) / most);
    return <rect key={index} x={index * width} y={value > 0 ? 40 - height : 40} width={0.8 * width} height={height} />;
  });
  return (
    <figure class="bars">
      <svg viewBox="0 0 100 80" preserveAspectRatio="none" role="img" aria-label={text.encode.codeOf(data.length)}>
        <line x1="0" x2="100" y1="40" y2="40" vector-effect="non-scaling-stroke" />
        {bars}
      </svg>
      <figcaption class="muted">{text.encode.codeSpan(data.length, most)}</figcaption>
    </figure>
  );
}

/** The probabilities of classes: in their order where they are few, else of the most probable. */
export function ClassBars({
  probabilities: { data },
  names,
}: {
  probabilities: Rows;
  names: readonly string[];
}): JSX.Element {
  const all = Array.from(data, (probability, label) => ({ probability, name: names[label] ?? `${label}` }));
  const best = all.reduce((found, one) => (one.probability > found.probability ? one : found));
  const sorted = [...all].sort((one, other) => other.probability - one.probability);
  const shown = all.length <= MOST_CLASSES ? all : sorted.slice(0, MOST_CLASSES);
  return (
    <ul class="classes">
      {shown.map(({ name, probability }) => (
        <li key={name} data-best={name === best.name}>
          <span>{name}</span>
          <span
            class="bar"
            role="meter"
            aria-label={name}
            aria-valuemin={0}
            aria-valuemax={1}
            aria-valuenow={probability}
            aria-valuetext={text.encode.percent(probability)}
          >
            <span style={{ width: `${100 * probability}%` }} />
          </span>
          <span class="number">{text.encode.percent(probability)}</span>
        </li>
      ))}
    </ul>
  );
}

interface NearestProps {
  readonly code: Rows;
  readonly codes: Codes;
  readonly names: readonly string[];
  choose(index: number): void;
}

export function Nearest({ code, codes, names, choose }: NearestProps): JSX.Element | null {
  const found = useMemo(() => nearest(code, codes), [code, codes]);
  const roving = useRoving<HTMLDivElement>();
  return (
    <div ref={roving} class="nearest" role="group" aria-label={text.encode.nearest}>
      {found.map((index, rank) => {
        const label = codes.labels?.[index];
        const name = label === undefined ? undefined : (names[label] ?? `${label}`);
        return (
          <button
            key={rank}
            type="button"
            class="tile"
            aria-label={text.encode.near(rank, name)}
            onClick={() => choose(index)}
          >
            <Tile codes={codes} index={index} />
            {name !== undefined && <small aria-hidden="true">{name}</small>}
          </button>
        );
      })}
    </div>
  );
}

function Tile({ codes, index }: { codes: Codes; index: number }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context && codes.atlas) {
      drawTile(context, codes.atlas, index, TILE);
    }
  }, [codes, index]);
  return <canvas ref={canvas} width={TILE} height={TILE} class="picture" aria-hidden="true" />;
}

/** Rows of the codes with the smallest Euclidean distances, the nearest first. */
export function nearest({ data: code }: Rows, codes: Codes): readonly number[] {
  const distances = new Float64Array(codes.count);
  for (let row = 0; row < codes.count; row += 1) {
    for (let index = 0; index < codes.size; index += 1) {
      distances[row]! += (codes.data[row * codes.size + index]! - code[index]!) ** 2;
    }
  }
  const order = Array.from(distances.keys()).sort((one, other) => distances[one]! - distances[other]!);
  return order.slice(0, NEAREST);
}
