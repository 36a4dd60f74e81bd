/** A picture, drawn or given: its code, what is decoded of it, its classes, its neighbours, and the way to another. */

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import "../../style/draw.css";
import "../../style/encode.css";
import { hasCodes, type Codes } from "../../codes/codes";
import { Board } from "../../draw/board";
import { Drawing, type Stroke } from "../../draw/drawing";
import { Tools } from "../../draw/tools";
import { useDrawing } from "../../draw/use_drawing";
import { asTaken, bytesOf, covered, type Drawable } from "../../input/fit";
import { PictureSources } from "../../input/sources";
import { WebcamButton } from "../../input/webcam_button";
import { useAddress } from "../../state";
import { text } from "../../text";
import { Choice, drawOf } from "../../ui/draw_fields";
import { useNotify } from "../../ui/notices";
import type { Shown, TabProps } from "../tab";
import { useCoded, useCodes } from "./coding";
import { example, hasExamples, isDark, trainingPicture } from "./examples";
import { Morph } from "./morph";
import { damaged, trainedDamage } from "./noise";
import { NoiseFields } from "./noise_fields";
import { Outcome } from "./outcome";
import { ClassBars, CodeBars, Nearest } from "./results";

const BLACK = "#000000";
const WHITE = "#ffffff";
/** Of the shorter side: as wide as the strokes of digits are. */
const PEN = 1 / 11;

export function Encode({ bundle }: TabProps): JSX.Element | null {
  const codes = useCodes(bundle);
  const [drawing, set] = useState<Drawing>();
  const notify = useNotify();
  const waits = hasCodes(bundle.entries) && codes === undefined;
  useEffect(() => {
    if (!waits && drawing === undefined) {
      begun(bundle, codes).then(set, notify);
    }
  }, [waits]);
  return drawing === undefined ? null : <Inside bundle={bundle} codes={codes} drawing={drawing} />;
}

/** A drawing with an example, on paper as dark as the model's pictures are at their border. */
async function begun(bundle: Shown, codes: Codes | undefined): Promise<Drawing> {
  const { client, manifest, takesClass } = bundle;
  const { image, latent, networks } = manifest;
  const first = await example(codes, bundle, takesClass ? 0 : undefined, "0");
  let dark = image.channels <= 2;
  if (first !== undefined) {
    dark = isDark(bytesOf(first, 1));
  } else if (latent !== null && networks.has("decoder")) {
    const latents = { data: new Float32Array(latent.size), size: latent.size };
    dark = isDark(await client.call("decode", { latents, labels: takesClass ? [0] : undefined }));
  }
  const drawing = new Drawing(image, dark ? BLACK : WHITE, true);
  if (first !== undefined) {
    drawing.show(first);
  }
  return drawing;
}

interface Props {
  readonly bundle: Shown;
  readonly codes: Codes | undefined;
  readonly drawing: Drawing;
}

function Inside({ bundle, codes, drawing: begun }: Props): JSX.Element {
  const { image, classes } = bundle.manifest;
  const notify = useNotify();
  const drawing = useDrawing(() => begun);
  const label = bundle.takesClass ? (drawOf(useAddress(), bundle).label ?? 0) : undefined;
  const [stroke, setStroke] = useState<Stroke>({
    tool: "pen",
    colour: drawing.paper === BLACK ? WHITE : BLACK,
    size: Math.max(1, Math.round(4 * PEN * Math.min(image.width, image.height)) / 4),
  });
  const [damage, setDamage] = useState(() => trainedDamage(bundle));
  const clean = useMemo(() => bytesOf(drawing.canvas, image.channels), [drawing, drawing.version]);
  const given = useMemo(() => (damage ? damaged(clean, damage) : clean), [clean, damage]);
  const coded = useCoded(bundle, label, given);
  const take = (picture: Drawable): void => drawing.load(asTaken(covered(picture, picture, image), image.channels));
  return (
    <div class="encode">
      {(bundle.takesClass || damage) && (
        <form class="controls" onSubmit={(event) => event.preventDefault()}>
          {bundle.takesClass && <Choice bundle={bundle} each={false} />}
          {damage && <NoiseFields damage={damage} set={setDamage} />}
        </form>
      )}
      <div class="beside">
        <section class="drawn">
          <h3>{text.encode.picture}</h3>
          <Board drawing={drawing} stroke={stroke} />
          <Tools drawing={drawing} stroke={stroke} tools={["pen", "eraser"]} set={setStroke} />
          {image.channels >= 3 && (
            <label class="inline">
              <span>{text.draw.pen}</span>
              <input
                type="color"
                value={stroke.colour}
                onInput={({ currentTarget }) => setStroke({ ...stroke, colour: currentTarget.value })}
              />
            </label>
          )}
          <PictureSources given={take}>
            <WebcamButton given={take} />
            {hasExamples(codes, bundle) && (
              <button
                type="button"
                onClick={() => void example(codes, bundle, label).then((made) => made && drawing.load(made), notify)}
              >
                {text.input.example}
              </button>
            )}
            <button type="button" onClick={() => drawing.invert()}>
              {text.draw.invert}
            </button>
          </PictureSources>
        </section>
        {coded && bundle.manifest.networks.has("decoder") && (
          <Outcome bundle={bundle} coded={coded} clean={clean} noisy={damage !== undefined} />
        )}
        {coded && (coded.code ?? coded.probabilities) && (
          <section class="facts">
            {coded.probabilities && (
              <>
                <h3>{text.encode.classes}</h3>
                <ClassBars probabilities={coded.probabilities} names={classes} />
              </>
            )}
            {coded.code && (
              <>
                <h3>{text.encode.code}</h3>
                <CodeBars code={coded.code} />
              </>
            )}
            {coded.code && codes && (
              <>
                <h3>{text.encode.nearest}</h3>
                <Nearest
                  code={coded.code}
                  codes={codes}
                  names={classes}
                  choose={(index) => {
                    const picture = trainingPicture(codes, index, bundle);
                    if (picture !== undefined) {
                      drawing.load(picture);
                    }
                  }}
                />
              </>
            )}
          </section>
        )}
      </div>
      {coded?.code && bundle.manifest.networks.has("decoder") && (
        <Morph bundle={bundle} codes={codes} label={label} here={coded.code.data} />
      )}
    </div>
  );
}
