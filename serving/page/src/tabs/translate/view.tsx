/** A picture of one domain, drawn or given, as one of the other. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import "../../style/draw.css";
import "../../style/translate.css";
import { Board } from "../../draw/board";
import { Drawing } from "../../draw/drawing";
import { coloursOf, PAINTS, Palette, PLAIN } from "../../draw/palette";
import { Tools } from "../../draw/tools";
import { useDrawing } from "../../draw/use_drawing";
import { asTaken, bytesOf, repeated, within, type Drawable } from "../../input/fit";
import { PictureSources } from "../../input/sources";
import { useWebcam } from "../../input/use_webcam";
import { change, useAddress } from "../../state";
import { text } from "../../text";
import { Compare } from "../../ui/compare";
import { randomSeed, SeedField, seedOf } from "../../ui/draw_fields";
import { grid, savePng } from "../../ui/picture";
import { Progress } from "../../ui/progress";
import type { Shown, TabProps } from "../tab";
import { bringsExamples, drawnExample, statedColours, useExamples } from "./examples";
import { KINDS, kindOf, sourceOf, strokeFor, TOOLS_OF, type Kind } from "./kinds";
import { useLive } from "./live";
import { sizesOf, SizeChoice } from "./size_choice";
import { TargetChoice } from "./target_choice";
import { useTranslation, type Given } from "./translation";

export function Translate({ bundle }: TabProps): JSX.Element {
  const { translatesTo, tellsClass } = bundle;
  const wanted = useAddress().get("to");
  const to = translatesTo.find((domain) => domain === wanted) ?? translatesTo.at(tellsClass ? 0 : -1)!;
  const [brought, bring] = useState<HTMLCanvasElement>();
  const turn = (to: string, picture?: HTMLCanvasElement): void => {
    bring(picture);
    change({ to });
  };
  // Another class is of the same picture, the other direction begins with another one.
  return <Inside key={bundle.tellsClass ? "class" : to} {...{ bundle, to, brought, turn }} />;
}

interface Props {
  readonly bundle: Shown;
  readonly to: string;
  /** A picture of this domain that was made in the other direction. */
  readonly brought: HTMLCanvasElement | undefined;
  /** Goes on in the other direction, with a picture or without. */
  turn(to: string, picture?: HTMLCanvasElement): void;
}

function Inside({ bundle, to, brought, turn }: Props): JSX.Element {
  const { answers, client, enlarge, entries, listed, manifest, tellsClass, translatesTo } = bundle;
  const { image, domains } = manifest;
  const from = sourceOf(bundle, to);
  // A picture that is made larger has its pixels repeated, as it had in training.
  const repeats = from === "a" && !tellsClass ? enlarge : 1;
  const drawn = seedOf(useAddress());
  const seed = answers ? drawn : undefined;
  const wanted = { to, seed };
  const examples = useExamples(bundle, from);
  const shownExamples = useRef(0);
  const stated = statedColours(entries, from);
  const plain = stated ?? PLAIN;
  const [kind, setKind] = useState<Kind>(() => kindOf(bundle, from));
  const [palette, setPalette] = useState<readonly string[]>(kind === "map" ? plain : PAINTS);
  const drawing = useDrawing(() => new Drawing(image, kind === "map" ? plain[0]! : "#ffffff", kind !== "map"));
  const [stroke, setStroke] = useState(() => strokeFor(kind, drawing, palette));
  const [most, setMost] = useState(() => sizesOf(image)[0]!);
  const source = useRef<{ picture: Drawable; version: number } | undefined>(undefined);
  const translation = useTranslation(client, wanted);
  const { camera, open, close } = useWebcam();
  const rate = useLive(camera, {
    client,
    drawing,
    wanted,
    channels: image.channels,
    most,
    repeats,
    ...translation,
    stop: close,
  });
  const { made, progress } = translation;
  const input = (): Given => ({ picture: bytesOf(drawing.canvas, image.channels), version: drawing.version });
  const pixels = drawing.canvas.width * drawing.canvas.height;
  const asked = useRef(drawing.version);
  const isEmpty = drawing.version === 0;

  const load = (picture: Drawable, longest = most, kindNow = kind): void => {
    close();
    const canvas = repeated(within(picture, picture, (longest || Infinity) / repeats, kindNow !== "map"), repeats);
    drawing.load(asTaken(canvas, image.channels));
    source.current = { picture, version: drawing.version };
    asked.current = drawing.version;
    translation.now(input());
    const colours = kindNow === "map" && stated === undefined ? coloursOf(drawing.snapshot()) : undefined;
    if (colours !== undefined) {
      setPalette(colours);
      setStroke({ ...strokeFor(kindNow, drawing, colours), tool: stroke.tool });
    }
  };
  const begin = (kind: Kind): void => {
    const size = drawing.canvas;
    const ofBundle = examples?.[shownExamples.current++ % examples.length];
    const example = ofBundle ?? drawnExample(kind, { width: size.width, height: size.height }, palette);
    if (example !== undefined) {
      load(example, Math.max(example.width, example.height), kind);
    }
  };
  // Examples of the bundle come a little later, when something else may have been given already.
  useEffect(() => {
    if (brought !== undefined && isEmpty) {
      load(brought, Math.max(brought.width, brought.height), kind);
    } else if (examples !== undefined && isEmpty) {
      begin(kind);
    }
  }, [examples]);
  useEffect(() => {
    const isNew = asked.current !== drawing.version && camera === undefined && drawing.version > 0;
    if (isNew && translation.isQuick(pixels)) {
      asked.current = drawing.version;
      translation.follow(input());
    }
  }, [drawing.version]);
  useEffect(() => {
    if (!isEmpty && camera === undefined) {
      asked.current = drawing.version;
      translation.now(input());
    }
  }, [to, seed]);
  const resized = (longest: number): void => {
    setMost(longest);
    const unchanged = source.current?.version === drawing.version;
    if (!isEmpty && camera === undefined) {
      load(unchanged ? source.current!.picture : scaled(drawing, longest), longest);
    }
  };
  const chosen = (kind: Kind): void => {
    const found = kind === "map" ? (stated ?? coloursOf(drawing.snapshot())) : PAINTS;
    const colours = found !== undefined && found.length > 1 ? found : PLAIN;
    setKind(kind);
    setPalette(colours);
    setStroke(strokeFor(kind, drawing, colours));
  };
  return (
    <div class="translate">
      <form class="controls" onSubmit={(event) => event.preventDefault()}>
        {translatesTo.length > 1 && <TargetChoice bundle={bundle} chosen={to} choose={turn} />}
        <label class="field">
          <span>{text.translate.kind}</span>
          <select value={kind} onChange={({ currentTarget }) => chosen(currentTarget.value as Kind)}>
            {KINDS.map((name) => (
              <option key={name} value={name}>
                {text.translate.kinds[name]}
              </option>
            ))}
          </select>
        </label>
        <SizeChoice image={image} chosen={most} choose={resized} />
        {answers && <SeedField />}
        <div class="actions">
          {answers && (
            <button type="button" onClick={() => change({ seed: randomSeed() })}>
              {text.translate.another}
            </button>
          )}
          <button
            type="button"
            class="primary"
            disabled={isEmpty || camera !== undefined || progress !== undefined || made?.version === drawing.version}
            onClick={() => {
              asked.current = drawing.version;
              translation.now(input());
            }}
          >
            {text.translate.go}
          </button>
        </div>
      </form>
      <div class="beside">
        <section class="drawn">
          <h3>{text.translate.from(domains.get(from))}</h3>
          <Board drawing={drawing} stroke={stroke} still={camera !== undefined} />
          <Tools
            drawing={drawing}
            stroke={stroke}
            tools={TOOLS_OF[kind]}
            disabled={camera !== undefined}
            set={setStroke}
          />
          {kind !== "edges" && (
            <Palette
              colours={palette}
              chosen={stroke.colour}
              choose={(colour) => setStroke({ ...stroke, colour })}
              change={setPalette}
            />
          )}
          <PictureSources given={load}>
            <button type="button" aria-pressed={camera !== undefined} onClick={camera ? close : open}>
              {camera ? text.input.camera.stop : text.input.camera.live}
            </button>
            {(kind !== "photo" || bringsExamples(entries, from)) && (
              <button type="button" onClick={() => begin(kind)}>
                {text.input.example}
              </button>
            )}
          </PictureSources>
        </section>
        <section class="outcome">
          <h3>{text.translate.to(tellsClass ? to : domains.get(to))}</h3>
          <div class="result" aria-busy={progress !== undefined}>
            {made ? (
              <Compare before={made.before} after={made.after} start={kind === "photo" ? 50 : 0} />
            ) : (
              <p class="hint">
                {progress === undefined && (isEmpty ? text.translate.empty[kind] : text.translate.waiting)}
              </p>
            )}
            {progress !== undefined && (
              <Progress label={text.translate.working} done={progress} cancel={translation.cancel} />
            )}
          </div>
          <p class="muted" role="status">
            {rate !== undefined && text.translate.rate(rate)}
          </p>
          <div class="row">
            <button
              type="button"
              disabled={made === undefined}
              onClick={() =>
                made &&
                void savePng(
                  grid([made.after], 1),
                  `${[listed.name, to, ...(seed === undefined ? [] : [seed])].join("-")}.png`,
                )
              }
            >
              {text.common.save}
            </button>
            {translatesTo.length > 1 && !tellsClass && (
              <button
                type="button"
                disabled={made === undefined}
                onClick={() => made && turn(from, grid([made.after], 1))}
              >
                {text.translate.back}
              </button>
            )}
          </div>
        </section>
      </div>
    </div>
  );
}

/** What is drawn, with the longer side that was chosen. */
function scaled({ canvas, soft }: Drawing, longest: number): HTMLCanvasElement {
  const scale = (longest || Math.max(canvas.width, canvas.height)) / Math.max(canvas.width, canvas.height);
  const scaled = document.createElement("canvas");
  [scaled.width, scaled.height] = [Math.round(canvas.width * scale), Math.round(canvas.height * scale)];
  const context = scaled.getContext("2d")!;
  context.imageSmoothingEnabled = soft;
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, scaled.width, scaled.height);
  return scaled;
}
