/** The latent space: a plane under the pointer, all dimensions, directions of classes, and paths. */

import type { JSX } from "preact";
import { useCallback, useEffect, useRef } from "preact/hooks";

import { change, link, useAddress } from "../../state";
import { text } from "../../text";
import { CopyButton } from "../../ui/copy";
import { Choice } from "../../ui/draw_fields";
import { useNotify } from "../../ui/notices";
import { draw, pictureClass, savePng } from "../../ui/picture";
import type { TabProps } from "../tab";
import { Attributes } from "./attributes";
import { Dimensions } from "./dimensions";
import type { Vector } from "./geometry";
import { Legend } from "./legend";
import { PathView, pathOf } from "./path";
import { PlaneChoice } from "./plane_choice";
import { PlaneView } from "./plane";
import { useSpace, type Space } from "./space";

export function Latent({ bundle }: TabProps): JSX.Element | null {
  const space = useSpace(bundle);
  return space === undefined ? null : <Inside space={space} />;
}

function Inside({ space }: { space: Space }): JSX.Element {
  const { bundle, latent, size, decode } = space;
  const notify = useNotify();
  const canvas = useRef<HTMLCanvasElement>(null);
  const pinned = useRef<Vector>(latent);
  pinned.current = latent;
  const points = pathOf(useAddress().get("path"), size);

  const asked = useRef(0);

  /** Pictures come without a new rendering of the page: as many as the Worker gives. */
  const show = useCallback(
    (shown: Vector | undefined) => {
      const number = (asked.current += 1);
      canvas.current?.setAttribute("aria-busy", "true");
      decode([shown ?? pinned.current], { subject: "pointer" }).then((pictures) => {
        draw(canvas.current, pictures);
        if (number === asked.current) {
          canvas.current?.setAttribute("aria-busy", "false");
        }
      }, notify);
    },
    [decode, notify],
  );
  useEffect(() => show(latent), [latent, show]);

  return (
    <div class="latent">
      <form class="controls" onSubmit={(event) => event.preventDefault()}>
        <PlaneChoice space={space} />
        {bundle.takesClass && <Choice bundle={bundle} each={false} />}
      </form>
      <div class="space">
        <div>
          <PlaneView space={space} points={points} preview={show} />
          <Legend space={space} />
        </div>
        <div class="here">
          <canvas ref={canvas} class={pictureClass(bundle.manifest.image)} role="img" aria-label={text.latent.here} />
          <div class="row">
            {bundle.manifest.networks.has("noise") && (
              <button type="button" class="primary" onClick={() => void space.random().then(space.go, notify)}>
                {text.latent.random}
              </button>
            )}
            <button type="button" onClick={() => change({ path: withPoint(points, latent) })}>
              {text.latent.addPoint}
            </button>
          </div>
          <div class="row">
            <button
              type="button"
              onClick={() => canvas.current && void savePng(canvas.current, `${bundle.listed.name}-latent.png`)}
            >
              {text.common.save}
            </button>
            <CopyButton text={link}>{text.wall.copyLink}</CopyButton>
          </div>
          <PathView space={space} points={points} preview={show} />
        </div>
      </div>
      <Attributes space={space} />
      <Dimensions space={space} preview={show} />
    </div>
  );
}

function withPoint(points: readonly Vector[], latent: Vector): string {
  return pathOf.text([...points, latent]);
}
