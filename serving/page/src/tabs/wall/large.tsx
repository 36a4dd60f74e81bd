/** One picture, as large as the window: its numbers, another one, and how to make the same elsewhere. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { Bytes } from "../../network/calls";
import { change, link } from "../../state";
import { text } from "../../text";
import { encodeLatent } from "../../ui/latent_text";
import { randomSeed } from "../../ui/draw_fields";
import { useNotify } from "../../ui/notices";
import { grid, Picture, savePng } from "../../ui/picture";
import { CopyButton } from "../../ui/copy";
import { drawn, drawnLatents, labelAt, type Draw } from "../drawn";
import type { Shown } from "../tab";
import { Same } from "./same";

interface Props {
  readonly bundle: Shown;
  readonly draw: Draw;
  readonly index: number;
}

export function Large({ bundle, draw, index }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [picture, set] = useState<Bytes>();
  const notify = useNotify();
  const { client, listed } = bundle;
  const { seed, label, truncation } = draw;
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  useEffect(() => {
    const controller = new AbortController();
    drawn({ client, bundle, draw }, index, 1, { signal: controller.signal }).then(set, notify);
    return () => controller.abort();
  }, [client, seed, label, truncation, index]);
  const close = (): void => change({ picture: undefined });
  const turn = (by: number): void => change({ picture: Math.max(0, index + by) });
  const explore = async (): Promise<void> => {
    const { latents } = await drawnLatents({ client, bundle, draw }, index, 1);
    change(
      { tab: "latent", picture: undefined, z: encodeLatent(latents.data), class: labelAt(bundle, draw, index) },
      true,
    );
  };
  const label_ = labelAt(bundle, draw, index);
  return (
    <dialog
      ref={dialog}
      class="large"
      aria-label={text.common.picture(index)}
      onClose={close}
      onClick={({ target, currentTarget }) => target === currentTarget && close()}
      onKeyDown={({ key, target }) => {
        if (!(target instanceof HTMLInputElement) && (key === "ArrowRight" || key === "ArrowLeft")) {
          turn(key === "ArrowRight" ? 1 : -1);
        }
      }}
    >
      <div class="stage">
        <figure>
          {picture && <Picture pictures={picture} label={text.wall.described(listed.name, seed, index)} />}
          <figcaption class="muted">
            {[
              `${text.common.seed} ${seed}`,
              text.common.picture(index),
              ...(label_ === undefined ? [] : [bundle.manifest.classes[label_] ?? `${label_}`]),
            ].join(" · ")}
          </figcaption>
        </figure>
        <div class="side">
          <button type="button" class="quiet icon corner" aria-label={text.common.close} onClick={close}>
            ×
          </button>
          <button
            type="button"
            class="primary wide"
            autofocus
            onClick={() => change({ seed: randomSeed(), picture: 0 })}
          >
            {text.wall.another}
          </button>
          <div class="row">
            <button type="button" disabled={index === 0} onClick={() => turn(-1)}>
              {text.wall.before}
            </button>
            <button type="button" onClick={() => turn(1)}>
              {text.wall.next}
            </button>
          </div>
          <div class="row">
            <button
              type="button"
              disabled={picture === undefined}
              onClick={() => picture && void savePng(grid([picture], 1), `${listed.name}-${seed}-${index}.png`)}
            >
              {text.common.save}
            </button>
            <CopyButton text={link}>{text.wall.copyLink}</CopyButton>
          </div>
          <button type="button" class="wide" onClick={() => void explore().catch(notify)}>
            {text.wall.explore}
          </button>
          <Same bundle={bundle} draw={draw} index={index} />
        </div>
      </div>
    </dialog>
  );
}
