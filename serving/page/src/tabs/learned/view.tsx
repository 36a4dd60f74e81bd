/** How the model was learned: the frames of its training, played or by hand, beside figures and alarms. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { change, useAddress } from "../../state";
import { text } from "../../text";
import { useNotify } from "../../ui/notices";
import type { TabProps } from "../tab";
import { limitsOf } from "./chart";
import { Column } from "./column";
import { groupsOf } from "./figures";
import { indexAt, readFilm, type Film } from "./film";
import { useFilmOf, useOtherFilms } from "./other_films";
import { COLOURS, LAYERS, type Layer } from "./point_drawing";

const FRAMES_A_SECOND = 8;

export function Learned({ bundle }: TabProps): JSX.Element | null {
  const [film, set] = useState<Film>();
  const notify = useNotify();
  const { client, entries } = bundle;
  useEffect(() => {
    readFilm((file) => client.call("file", file), entries).then(set, notify);
  }, [client, entries, notify]);
  return film === undefined ? null : <Inside name={bundle.listed.name} film={film} />;
}

function Inside({ name, film }: { name: string; film: Film }): JSX.Element {
  const address = useAddress();
  const others = useOtherFilms(name);
  const other = others.find((one) => one.name === address.get("beside"));
  const beside = useFilmOf(other);
  const [layers, setLayers] = useState<ReadonlySet<Layer>>(new Set(LAYERS));
  const last = film.frames.length - 1;
  const wanted = Number(address.get("epoch") ?? NaN);
  const index = Number.isNaN(wanted) ? last : indexAt(film, wanted);
  const frame = film.frames[index]!;
  const go = (next: number): void => change({ epoch: film.frames[next]?.epoch });
  const films = [{ name, film }, ...(other && beside ? [{ name: other.name, film: beside }] : [])];
  const groups = useMemo(
    () =>
      groupsOf(films.map(({ film }) => film)).map((group) => ({
        ...group,
        limits: limitsOf(films.flatMap(({ film }) => group.lines(film))),
      })),
    [film, beside],
  );
  const toggled = (layer: Layer, on: boolean): void => {
    const next = new Set(layers);
    next[on ? "add" : "delete"](layer);
    setLayers(next);
  };
  return (
    <div class="learned">
      <form class="controls" onSubmit={(event) => event.preventDefault()}>
        <Play index={index} last={last} go={go} />
        <label class="field time">
          <span>
            {text.learned.time} <small>{text.learned.at(frame.epoch, frame.step)}</small>
          </span>
          <input
            type="range"
            min={0}
            max={last}
            step={1}
            value={index}
            aria-valuetext={text.learned.epoch(frame.epoch)}
            onInput={({ currentTarget }) => go(currentTarget.valueAsNumber)}
          />
        </label>
        {others.length > 0 && (
          <label class="field">
            <span>{text.learned.beside}</span>
            <select
              value={other?.name ?? ""}
              onChange={({ currentTarget: { value } }) => change({ beside: value || undefined })}
            >
              <option value="">{text.learned.alone}</option>
              {others.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
        )}
      </form>
      {films.some(({ film }) => film.kind === "points") && <Layers shown={layers} toggled={toggled} />}
      <div class="columns" data-count={films.length}>
        {films.map((one) => (
          <Column
            key={one.name}
            {...one}
            epoch={frame.epoch}
            layers={layers}
            groups={groups}
            go={(epoch) => change({ epoch })}
          />
        ))}
      </div>
    </div>
  );
}

/** Plays the frames from where the film is, and from the beginning where it has ended. */
function Play({ index, last, go }: { index: number; last: number; go(index: number): void }): JSX.Element {
  const [playing, setPlaying] = useState(false);
  const latest = useRef({ index, go });
  latest.current = { index, go };
  useEffect(() => {
    if (!playing) {
      return undefined;
    }
    const timer = setInterval(() => {
      const { index, go } = latest.current;
      if (index >= last) {
        setPlaying(false);
      } else {
        go(index + 1);
      }
    }, 1000 / FRAMES_A_SECOND);
    return () => clearInterval(timer);
  }, [playing, last]);
  const turn = (): void => {
    if (!playing && index >= last) {
      go(0);
    }
    setPlaying(!playing);
  };
  return (
    <button type="button" class="primary" aria-pressed={playing} onClick={turn}>
      {playing ? text.learned.pause : text.learned.play}
    </button>
  );
}

/** What of a frame of points is drawn. */
function Layers({
  shown,
  toggled,
}: {
  shown: ReadonlySet<Layer>;
  toggled(layer: Layer, on: boolean): void;
}): JSX.Element {
  return (
    <fieldset class="layers">
      <legend>{text.learned.layers}</legend>
      {LAYERS.map((layer) => (
        <label key={layer}>
          <input
            type="checkbox"
            checked={shown.has(layer)}
            onChange={({ currentTarget }) => toggled(layer, currentTarget.checked)}
          />
          <span
            class={`dot ${layer}`}
            aria-hidden="true"
            style={layer === "surface" ? undefined : { background: COLOURS[layer] }}
          />
          {text.learned.layer[layer]}
        </label>
      ))}
    </fieldset>
  );
}
