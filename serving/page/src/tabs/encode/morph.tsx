/** From one picture to another through the latent space. */

import type { JSX } from "preact";
import { pictureAt } from "keras-gen";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import type { Codes } from "../../codes/codes";
import type { Bytes } from "../../network/calls";
import { text } from "../../text";
import { useLatest } from "../../ui/latest";
import { grid, Picture, savePng } from "../../ui/picture";
import { between, rowsOf, type Vector } from "../latent/geometry";
import type { Shown } from "../tab";

interface Props {
  readonly bundle: Shown;
  readonly codes: Codes | undefined;
  readonly label: number | undefined;
  /** The code of the picture above. */
  readonly here: Vector;
}

const ENDS = ["from", "to"] as const;

export function Morph({ bundle, codes, label, here }: Props): JSX.Element {
  const [from, setFrom] = useState<Vector>(here);
  const [to, setTo] = useState<Vector>();
  const [place, setPlace] = useState(0.5);
  const { manifest, client } = bundle;
  useEffect(() => setTo((before) => before ?? other(codes, from)), [codes]);
  const ends = { from, to };
  const points = useMemo(() => {
    const spherical = manifest.latent?.prior === "standard_normal";
    return to === undefined ? [from] : [from, between(from, to, place, spherical), to];
  }, [from, to, place]);
  const decode = useCallback(
    (points: readonly Vector[]): Promise<Bytes> => {
      const labels = label === undefined ? undefined : points.map(() => label);
      return client.call("decode", { latents: rowsOf(points, here.length), labels });
    },
    [client, label],
  );
  const pictures = useLatest(points, decode);
  const count = pictures ? pictures.data.length / (pictures.height * pictures.width * pictures.channels) : 0;
  const shown = { from: 0, to: 2 };
  return (
    <section class="morph">
      <h3>{text.encode.morph}</h3>
      <p class="muted">{text.encode.morphWhat}</p>
      <div class="ends">
        {ENDS.map((end) => (
          <div key={end} class="end" data-end={end}>
            <div class="slot">
              {pictures && ends[end] && count > shown[end] && (
                <Picture pictures={pictures} index={shown[end]} label={text.encode.end[end]} />
              )}
            </div>
            <button type="button" onClick={() => (end === "from" ? setFrom : setTo)(here)}>
              {text.encode.keep[end]}
            </button>
          </div>
        ))}
        <div class="between">
          <div class="slot">
            {pictures && count === 3 && <Picture pictures={pictures} index={1} label={text.encode.between} />}
          </div>
          <label class="field">
            <span>{text.encode.way}</span>
            <input
              type="range"
              min={0}
              max={1}
              step={0.01}
              value={place}
              disabled={to === undefined}
              onInput={({ currentTarget }) => setPlace(currentTarget.valueAsNumber)}
            />
          </label>
          <button
            type="button"
            disabled={count !== 3}
            onClick={() =>
              pictures && void savePng(grid([pictureAt(pictures, 1)], 1), `${bundle.listed.name}-morph.png`)
            }
          >
            {text.common.save}
          </button>
        </div>
      </div>
    </section>
  );
}

/** The code farthest from another one among the first, to begin with. */
function other(codes: Codes | undefined, from: Vector): Vector | undefined {
  if (codes === undefined) {
    return undefined;
  }
  let found = 0;
  let most = -1;
  for (let row = 0; row < Math.min(64, codes.count); row += 1) {
    const apart = from.reduce((sum, value, index) => sum + (value - codes.data[row * codes.size + index]!) ** 2, 0);
    if (apart > most) {
      [found, most] = [row, apart];
    }
  }
  return codes.data.slice(found * codes.size, (found + 1) * codes.size);
}
