/** A path through the latent space: its points, the pictures between them, and a film of it. */

import type { JSX } from "preact";
import { pictureAt } from "keras-gen";
import { useEffect, useRef, useState } from "preact/hooks";

import { change } from "../../state";
import { text } from "../../text";
import { decodeLatent, encodeLatent } from "../../ui/latent_text";
import { useNotify } from "../../ui/notices";
import { imageData, Picture, save } from "../../ui/picture";
import type { Bytes } from "../../network/calls";
import { alongPath, type Vector } from "./geometry";
import type { Space } from "./space";

const SECONDS_BETWEEN_POINTS = 1.6;
const FRAMES_BETWEEN_POINTS = 24;
const SPLIT = ".";

/** The points that an address holds. */
export function pathOf(given: string | null, size: number): readonly Vector[] {
  return (given ?? "").split(SPLIT).flatMap((word) => decodeLatent(word === "" ? null : word, size) ?? []);
}
pathOf.text = (points: readonly Vector[]): string => points.map(encodeLatent).join(SPLIT);

interface Props {
  readonly space: Space;
  readonly points: readonly Vector[];
  preview(latent: Vector | undefined): void;
}

export function PathView({ space, points, preview }: Props): JSX.Element {
  const [place, setPlace] = useState(0);
  const [playing, setPlaying] = useState(false);
  const last = points.length - 1;
  const go = (next: number): void => {
    setPlace(next);
    preview(alongPath(points, next, space.spherical));
  };
  const latest = useRef({ place, go, last });
  latest.current = { place, go, last };
  useEffect(() => {
    if (!playing || last < 1) {
      return undefined;
    }
    let before = performance.now();
    let frame = requestAnimationFrame(function step(now: number) {
      const { place, go, last } = latest.current;
      const next = place + (now - before) / 1000 / SECONDS_BETWEEN_POINTS;
      before = now;
      go(next >= last ? 0 : next);
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, last]);
  const without = (index: number): void => {
    const left = points.filter((_, other) => other !== index);
    change({ path: left.length === 0 ? undefined : pathOf.text(left) });
  };
  return (
    <section class="path">
      <h3>{text.latent.path}</h3>
      {points.length < 2 && <p class="muted">{text.latent.pathWhat}</p>}
      <Points space={space} points={points} without={without} />
      {last >= 1 && (
        <>
          <label class="field">
            <span>{text.latent.along}</span>
            <input
              type="range"
              min={0}
              max={last}
              step={0.01}
              value={place}
              onInput={({ currentTarget }) => go(currentTarget.valueAsNumber)}
            />
          </label>
          <div class="row">
            <button type="button" aria-pressed={playing} onClick={() => setPlaying(!playing)}>
              {playing ? text.latent.pause : text.latent.play}
            </button>
            <SaveFilm space={space} points={points} />
          </div>
        </>
      )}
    </section>
  );
}

function Points({
  space,
  points,
  without,
}: Pick<Props, "space" | "points"> & { without(index: number): void }): JSX.Element | null {
  const notify = useNotify();
  const [pictures, set] = useState<Bytes>();
  const { decode } = space;
  const key = pathOf.text(points);
  useEffect(() => {
    if (points.length > 0) {
      decode(points).then(set, notify);
    }
  }, [key, decode]);
  if (points.length === 0) {
    return null;
  }
  return (
    <ol class="points">
      {points.map((point, index) => (
        <li key={index}>
          <button type="button" class="tile" aria-label={text.latent.toPoint(index)} onClick={() => space.go(point)}>
            {pictures && index < pictures.data.length / (pictures.height * pictures.width * pictures.channels) && (
              <Picture pictures={pictures} index={index} />
            )}
          </button>
          <button
            type="button"
            class="remove"
            aria-label={text.latent.removePoint(index)}
            onClick={() => without(index)}
          >
            ×
          </button>
        </li>
      ))}
    </ol>
  );
}

function SaveFilm({ space, points }: Pick<Props, "space" | "points">): JSX.Element {
  const notify = useNotify();
  const [busy, setBusy] = useState(false);
  const make = async (kind: "gif" | "webm"): Promise<void> => {
    setBusy(true);
    try {
      const frames = await framesOf(space, points);
      const film = await import("./film");
      save(await film[kind](frames), `${space.bundle.listed.name}-path.${kind}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" disabled={busy} onClick={() => void make("gif").catch(notify)}>
        {text.latent.saveGif}
      </button>
      {"MediaRecorder" in globalThis && (
        <button type="button" disabled={busy} onClick={() => void make("webm").catch(notify)}>
          {text.latent.saveWebm}
        </button>
      )}
    </>
  );
}

/** The pictures from the first point to the last and back. */
async function framesOf({ decode, spherical }: Space, points: readonly Vector[]): Promise<readonly ImageData[]> {
  const there: ImageData[] = [];
  const steps = (points.length - 1) * FRAMES_BETWEEN_POINTS;
  for (let start = 0; start <= steps; start += FRAMES_BETWEEN_POINTS) {
    const count = Math.min(FRAMES_BETWEEN_POINTS, steps + 1 - start);
    const latents = Array.from({ length: count }, (_, step) =>
      alongPath(points, (start + step) / FRAMES_BETWEEN_POINTS, spherical),
    );
    const pictures = await decode(latents);
    latents.forEach((_, step) => there.push(imageData(pictureAt(pictures, step) as Bytes)));
  }
  return [...there, ...there.slice(1, -1).reverse()];
}
