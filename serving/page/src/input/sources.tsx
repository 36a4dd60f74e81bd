/** Ways in which a picture comes: from a file, dropped, pasted, or from the camera. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { text } from "../text";
import { useNotify } from "../ui/notices";
import { readPicture } from "./read";

interface Props {
  /** Gets a picture that was read. */
  given(image: ImageBitmap): void;
  /** Further buttons. */
  readonly children?: ComponentChildren;
}

/** Buttons to open and to paste; pictures that are dropped or pasted anywhere in the page come the same way. */
export function PictureSources({ given, children }: Props): JSX.Element {
  const notify = useNotify();
  const input = useRef<HTMLInputElement>(null);
  const latest = useRef(given);
  latest.current = given;
  const read = async (file: Blob | undefined): Promise<void> => {
    if (file === undefined) {
      throw new Error(text.input.nothingPasted);
    }
    const { image, film } = await readPicture(file);
    latest.current(image);
    if (film) {
      notify(text.input.film);
    }
  };
  const take = (file: Blob | undefined): void => void read(file).catch(notify);
  const over = useDropped(take);
  return (
    <div class="row sources" data-over={over}>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          currentTarget.value = ""; // so that the same file can be chosen again
          if (file !== undefined) {
            take(file);
          }
        }}
      />
      <button type="button" onClick={() => input.current?.click()}>
        {text.input.open}
      </button>
      {"clipboard" in navigator && "read" in navigator.clipboard && (
        <button type="button" onClick={() => void fromClipboard().then(take, notify)}>
          {text.input.paste}
        </button>
      )}
      {children}
      {over && <p class="drop">{text.input.drop}</p>}
    </div>
  );
}

/** Takes files that are dropped on the page or pasted into it, and says whether one is held over it. */
function useDropped(take: (file: Blob | undefined) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const controller = new AbortController();
    const listen = { signal: controller.signal };
    const filesOf = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    addEventListener("dragover", (event) => filesOf(event) && (event.preventDefault(), setOver(true)), listen);
    addEventListener("dragleave", (event) => event.relatedTarget === null && setOver(false), listen);
    addEventListener(
      "drop",
      (event) => {
        if (filesOf(event)) {
          event.preventDefault();
          setOver(false);
          latest.current(event.dataTransfer?.files[0]);
        }
      },
      listen,
    );
    addEventListener(
      "paste",
      (event) => {
        const [file] = event.clipboardData?.files ?? [];
        if (file !== undefined) {
          event.preventDefault();
          latest.current(file);
        }
      },
      listen,
    );
    return () => controller.abort();
  }, []);
  return over;
}

async function fromClipboard(): Promise<Blob | undefined> {
  const items = await navigator.clipboard.read().catch(() => {
    throw new Error(text.input.pasteRefused);
  });
  for (const item of items) {
    const type = item.types.find((type) => type.startsWith("image/"));
    if (type !== undefined) {
      return item.getType(type);
    }
  }
  return undefined;
}
