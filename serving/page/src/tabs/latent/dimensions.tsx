/** A slider for every dimension, with the pictures along it. */

import type { JSX } from "preact";
import { pictureAt } from "keras-gen";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { Bytes } from "../../network/calls";
import { text } from "../../text";
import { useNotify } from "../../ui/notices";
import { imageData } from "../../ui/picture";
import { extent, type Vector } from "./geometry";
import type { Space } from "./space";

const AT_FIRST = 8;
/** A moment without changes, after which the strips are computed again. */
const PAUSE = 250;

export function Dimensions({ space, preview }: { space: Space; preview(latent: Vector): void }): JSX.Element {
  const { size } = space;
  const [count, setCount] = useState(Math.min(size, AT_FIRST));
  return (
    <section>
      <h3>{text.latent.dimensions}</h3>
      <div class="dimensions">
        {Array.from({ length: count }, (_, index) => (
          <Dimension key={index} space={space} index={index} preview={preview} />
        ))}
      </div>
      {count < size && (
        <button type="button" onClick={() => setCount(Math.min(size, 2 * count))}>
          {text.latent.moreDimensions(size - count)}
        </button>
      )}
    </section>
  );
}

function Dimension({
  space,
  index,
  preview,
}: {
  space: Space;
  index: number;
  preview(latent: Vector): void;
}): JSX.Element {
  const { latent, near } = space;
  const reach = extent(near, index);
  const at = (value: number): Vector => latent.map((old, place) => (place === index ? value : old));
  const strip = useStrip(space, index, reach, at);
  const value = latent[index] ?? 0;
  return (
    <div class="dimension">
      <label class="field">
        <span>
          {text.latent.dimension(index)} <small>{value.toFixed(2)}</small>
        </span>
        <input
          type="range"
          min={-reach}
          max={reach}
          step={reach / 100}
          value={value}
          onInput={({ currentTarget: { valueAsNumber } }) => {
            preview(at(valueAsNumber));
            space.go(at(valueAsNumber));
          }}
        />
      </label>
      <Strip pictures={strip} image={space.bundle.manifest.image} count={stepsOf(space)} />
    </div>
  );
}

/** Pictures with one dimension from one end to the other. */
function useStrip(space: Space, index: number, reach: number, at: (value: number) => Vector): Bytes | undefined {
  const { decode } = space;
  const notify = useNotify();
  const [pictures, set] = useState<Bytes>();
  const steps = stepsOf(space);
  const others = at(0).join();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const fill = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      signal.throwIfAborted();
      const latents = Array.from({ length: steps }, (_, step) => at(((2 * step) / (steps - 1) - 1) * reach));
      set(await decode(latents, { signal }));
    };
    fill().catch(notify);
    return () => controller.abort();
  }, [others, decode, index, reach, steps]);
  return pictures;
}

function Strip({
  pictures,
  image,
  count,
}: {
  pictures: Bytes | undefined;
  image: { height: number; width: number };
  count: number;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (pictures !== undefined && context) {
      for (let step = 0; step < count; step += 1) {
        context.putImageData(imageData(pictureAt(pictures, step) as Bytes), step * image.width, 0);
      }
    }
  }, [pictures]);
  return (
    <canvas
      ref={canvas}
      class={image.width <= 160 ? "strip pixels" : "strip"}
      width={count * image.width}
      height={image.height}
      aria-hidden="true"
    />
  );
}

function stepsOf({ bundle }: Pick<Space, "bundle">): number {
  const { height, width } = bundle.manifest.image;
  return Math.max(height, width) <= 64 ? 9 : Math.max(height, width) <= 128 ? 7 : 5;
}
