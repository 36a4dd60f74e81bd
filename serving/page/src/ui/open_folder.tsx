import type { JSX } from "preact";
import { useRef } from "preact/hooks";

import type { Listed } from "../bundles";
import { text } from "../text";

/** Lets the visitor choose the folder of a bundle. */
export function OpenFolder({ given }: { given: (listed: Listed) => void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const chosen = (): void => {
    const files = [...(input.current?.files ?? [])];
    const [folder = "bundle"] = (files[0]?.webkitRelativePath ?? "").split("/");
    const inside = files.filter((file) => file.webkitRelativePath.split("/").length === 2);
    if (inside.length > 0) {
      given({
        name: folder,
        place: `${folder}/`,
        model: "",
        size: inside.reduce((sum, file) => sum + file.size, 0),
        files: new Map(inside.map((file) => [file.name, file])),
      });
    }
  };
  return (
    <>
      <input ref={input} type="file" hidden onChange={chosen} {...{ webkitdirectory: true }} />
      <button type="button" onClick={() => input.current?.click()}>
        {text.shell.openFolder}
      </button>
    </>
  );
}
