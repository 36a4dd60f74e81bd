/** The camera's frames, translated as fast as the machine does it. */

import { useEffect, useState } from "preact/hooks";

import type { Drawing } from "../../draw/drawing";
import { bytesOf, repeated, within } from "../../input/fit";
import type { Webcam } from "../../input/webcam";
import type { Wanted } from "../../network/calls";
import type { Client } from "../../network/client";
import { useNotify } from "../../ui/notices";
import type { Translated } from "./translation";

/** Frames that the rate is taken of. */
const COUNTED = 12;

interface Live {
  readonly client: Client;
  readonly drawing: Drawing;
  readonly wanted: Wanted;
  readonly channels: number;
  /** Of the longer side, in pixels. */
  readonly most: number;
  /** As how many by how many each pixel is shown. */
  readonly repeats: number;
  show(made: Translated): void;
  /** Ends it, as where a translation failed. */
  stop(): void;
}

/** Frames a second over the last few, while a camera is on; undefined otherwise. */
export function useLive(camera: Webcam | undefined, live: Live): number | undefined {
  const notify = useNotify();
  const [rate, setRate] = useState<number>();
  const { client, drawing, wanted, channels, most, repeats } = live;
  useEffect(() => {
    if (camera === undefined) {
      return undefined;
    }
    let on = true;
    const times: number[] = [];
    const run = async (): Promise<void> => {
      drawing.begin();
      while (on) {
        const { video } = camera;
        const size = { width: video.videoWidth, height: video.videoHeight };
        drawing.show(repeated(within(video, size, (most || Infinity) / repeats), repeats));
        const picture = bytesOf(drawing.canvas, channels);
        const after = await client.call("translate", { picture, ...wanted });
        if (on) {
          live.show({ version: drawing.version, before: picture, after, ...wanted });
          times.push(performance.now());
          times.splice(0, Math.max(0, times.length - COUNTED));
          setRate(perSecond(times));
          await new Promise(requestAnimationFrame);
        }
      }
    };
    run().catch((error: unknown) => {
      live.stop();
      notify(error);
    });
    return () => {
      on = false;
      setRate(undefined);
    };
  }, [camera, client, wanted.to, wanted.seed, most, repeats]);
  return rate;
}

function perSecond(times: readonly number[]): number | undefined {
  const [first, last] = [times[0], times.at(-1)];
  return first === undefined || last === undefined || last === first
    ? undefined
    : (1000 * (times.length - 1)) / (last - first);
}
