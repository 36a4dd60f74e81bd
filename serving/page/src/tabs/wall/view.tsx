/** Pictures of a seed side by side; each of them large; another one. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { change, useAddress } from "../../state";
import { text } from "../../text";
import { Choice, SeedField, TruncationField, drawOf, randomSeed } from "../../ui/draw_fields";
import { grid, Picture, savePng } from "../../ui/picture";
import { useRoving } from "../../ui/roving";
import { useDrawn } from "../drawn";
import type { TabProps } from "../tab";
import { Large } from "./large";

export function Wall({ bundle }: TabProps): JSX.Element {
  const address = useAddress();
  const draw = drawOf(address, bundle);
  const { image } = bundle.manifest;
  const [rows, setRows] = useState(1);
  const page = perPage(image);
  const pictures = useDrawn(bundle, draw, rows * page);
  const roving = useRoving<HTMLDivElement>();
  const open = address.get("picture");
  const ready = pictures.filter((picture) => picture !== undefined);
  return (
    <>
      <form class="controls" onSubmit={(event) => event.preventDefault()}>
        <SeedField />
        {bundle.takesClass && <Choice bundle={bundle} />}
        {bundle.truncates && <TruncationField />}
        <div class="actions">
          <button type="button" class="primary" onClick={() => change({ seed: randomSeed(), picture: 0 })}>
            {text.wall.another}
          </button>
          <button
            type="button"
            disabled={ready.length < pictures.length}
            onClick={() => void savePng(grid(ready, columnsOf(ready.length)), `${bundle.listed.name}-${draw.seed}.png`)}
          >
            {text.wall.saveAll}
          </button>
        </div>
      </form>
      <div
        class="wall"
        ref={roving}
        role="group"
        aria-label={text.wall.title}
        data-side={Math.max(image.width, image.height) > 96 ? "large" : "small"}
      >
        {pictures.map((picture, index) => (
          <button
            key={index}
            type="button"
            class="tile"
            aria-label={text.common.picture(index)}
            disabled={picture === undefined}
            style={{ aspectRatio: `${image.width} / ${image.height}` }}
            onClick={() => change({ picture: index }, true)}
          >
            {picture && <Picture pictures={picture} />}
          </button>
        ))}
      </div>
      <p class="more">
        <button type="button" onClick={() => setRows(rows + 1)}>
          {text.wall.more}
        </button>
      </p>
      {open !== null && <Large bundle={bundle} draw={draw} index={Math.max(0, Math.trunc(Number(open)) || 0)} />}
    </>
  );
}

/** Pictures that are shown at first: fewer where each takes long. */
function perPage({ height, width }: { height: number; width: number }): number {
  const side = Math.max(height, width);
  return side <= 64 ? 60 : side <= 128 ? 30 : side <= 256 ? 12 : 6;
}

function columnsOf(count: number): number {
  return Math.ceil(Math.sqrt(count * 1.6));
}
