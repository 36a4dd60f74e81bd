/** Work on what changes faster than it is done: on the newest, one after the other, so that something always comes. */

import { useEffect, useRef, useState } from "preact/hooks";

import { useNotify } from "./notices";

/**
 * What `work` made of the newest input that it was given and is done with; undefined at first.
 *
 * @param input of the work; undefined for none.
 * @param work stays the same function as long as it makes the same.
 */
export function useLatest<Input, Made>(
  input: Input | undefined,
  work: (input: Input) => Promise<Made>,
): Made | undefined {
  const [made, set] = useState<Made>();
  const notify = useNotify();
  const state = useRef({ busy: false, alive: true, waiting: input });
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    state.current.alive = true;
    return () => {
      state.current.alive = false;
    };
  }, []);
  useEffect(() => {
    const now = state.current;
    now.waiting = input;
    if (now.busy || input === undefined) {
      return;
    }
    const run = async (): Promise<void> => {
      now.busy = true;
      try {
        while (now.alive && now.waiting !== undefined) {
          const next = now.waiting;
          now.waiting = undefined;
          const result = await latest.current(next);
          if (now.alive) {
            set(result);
          }
        }
      } finally {
        now.busy = false;
      }
    };
    run().catch(notify);
  }, [input, work, notify]);
  return made;
}
