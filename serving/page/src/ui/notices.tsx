/** Messages about what went wrong. What was on the page before stays. */

import { createContext, type ComponentChildren, type JSX } from "preact";
import { useCallback, useContext, useState } from "preact/hooks";

import { CallError, isDropped } from "../network/client";
import { text } from "../text";

type Notify = (error: unknown) => void;

const Notices = createContext<Notify>(() => undefined);

/** A function that shows an error, or a sentence, until it is closed. Answers that nobody waits for are no errors. */
export function useNotify(): Notify {
  return useContext(Notices);
}

/** What an error says to somebody who looks at pictures. */
export function sentence(error: unknown): string {
  if (error instanceof CallError && (error.trouble === "memory" || error.trouble === "device")) {
    return text.errors[error.trouble];
  }
  return error instanceof Error ? error.message : String(error);
}

export function WithNotices({ children }: { children: ComponentChildren }): JSX.Element {
  const [messages, set] = useState<readonly string[]>([]);
  const notify = useCallback<Notify>((error) => {
    if (!isDropped(error)) {
      const message = sentence(error);
      set((before) => [...before.filter((other) => other !== message), message].slice(-3));
    }
  }, []);
  return (
    <Notices.Provider value={notify}>
      {children}
      <div class="notices" role="alert">
        {messages.map((message) => (
          <p key={message} class="notice">
            <span>{message}</span>
            <button
              type="button"
              class="quiet icon"
              aria-label={text.shell.dismiss}
              onClick={() => set((before) => before.filter((other) => other !== message))}
            >
              ×
            </button>
          </p>
        ))}
      </div>
    </Notices.Provider>
  );
}
