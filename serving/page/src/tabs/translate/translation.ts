/** Translations in turn: the newest picture, its progress in tiles, and an end to it where it is not wanted. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Bytes, Wanted } from "../../network/calls";
import type { Client } from "../../network/client";
import { useNotify } from "../../ui/notices";

/** A picture to translate, and which version of the drawing it is. */
export interface Given {
  readonly picture: Bytes;
  readonly version: number;
}

export interface Translated extends Wanted {
  readonly version: number;
  readonly before: Bytes;
  readonly after: Bytes;
}

export interface Translation {
  readonly made: Translated | undefined;
  /** From 0 to 1 while a picture is in work. */
  readonly progress: number | undefined;
  /** Whether a picture of so many pixels is translated in a moment, as far as those before tell. */
  isQuick(pixels: number): boolean;
  /** Translates a picture after the one in work, in the place of another one that waits. */
  follow(given: Given): void;
  /** Translates a picture now; what is in work is ended. */
  now(given: Given): void;
  /** Shows what was translated elsewhere, as for a camera. */
  show(made: Translated): void;
  cancel(): void;
}

/** Milliseconds that count as a moment. */
const MOMENT = 700;
/** Pixels that are tried without being asked for, before anything is known of the network's speed. */
const TRIED = 2 ** 16;

export function useTranslation(client: Client, wanted: Wanted): Translation {
  const notify = useNotify();
  const [made, show] = useState<Translated>();
  const [progress, setProgress] = useState<number>();
  const state = useRef<{ waiting?: Given; running?: AbortController; opened?: boolean; pace?: number }>({}).current;

  const work = async ({ picture, version }: Given): Promise<void> => {
    const controller = new AbortController();
    state.running = controller;
    setProgress(0);
    const { signal } = controller;
    const started = performance.now();
    try {
      const onProgress = (done: number): void => {
        if (state.running === controller) {
          setProgress(done);
        }
      };
      const after = await client.call("translate", { picture, ...wanted }, { signal, onProgress });
      if (state.opened) {
        state.pace = (performance.now() - started) / (picture.height * picture.width);
      }
      state.opened = true; // the first time a network is read as well, which says nothing of its speed
      show({ version, before: picture, after, ...wanted });
    } catch (error) {
      notify(error);
    }
    if (state.running === controller) {
      delete state.running;
      next();
    }
  };
  const next = (): void => {
    const { waiting } = state;
    delete state.waiting;
    if (waiting === undefined) {
      setProgress(undefined);
    } else {
      void work(waiting);
    }
  };
  const cancel = (): void => {
    delete state.waiting;
    state.running?.abort();
    delete state.running;
    setProgress(undefined);
  };
  useEffect(() => cancel, [client, wanted.to, wanted.seed]);
  return {
    made: made?.to === wanted.to && made.seed === wanted.seed ? made : undefined,
    progress,
    isQuick: (pixels) => (state.pace === undefined ? pixels <= TRIED : pixels * state.pace <= MOMENT),
    follow(given) {
      state.waiting = given;
      if (state.running === undefined) {
        next();
      }
    },
    now(given) {
      cancel();
      void work(given);
    },
    show,
    cancel,
  };
}
