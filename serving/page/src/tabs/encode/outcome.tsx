/** What is decoded of a picture's code, beside how far it is from the picture. */

import type { JSX } from "preact";

import type { Bytes } from "../../network/calls";
import { text } from "../../text";
import { grid, Picture, savePng } from "../../ui/picture";
import type { Shown } from "../tab";
import type { Coded } from "./coding";
import { distance } from "./measures";

interface Props {
  readonly bundle: Shown;
  readonly coded: Coded;
  readonly clean: Bytes;
  /** Whether the networks got a corrupted copy. */
  readonly noisy: boolean;
}

export function Outcome({ bundle, coded: { given, output }, clean, noisy }: Props): JSX.Element | null {
  if (output === undefined) {
    return null;
  }
  return (
    <section class="outcome">
      {noisy && (
        <>
          <h3>{text.encode.corrupted}</h3>
          <figure>
            <Picture pictures={given} label={text.encode.corrupted} />
            <figcaption class="muted">{text.encode.corruptedBy(distance(clean, given).psnr)}</figcaption>
          </figure>
        </>
      )}
      <h3>{noisy ? text.encode.denoised : text.encode.reconstruction}</h3>
      <figure>
        <Picture pictures={output} label={noisy ? text.encode.denoised : text.encode.reconstruction} />
        <figcaption class="muted" data-distance={distance(clean, output).absolute}>
          {text.encode.distance(distance(clean, output))}
        </figcaption>
      </figure>
      <button type="button" onClick={() => void savePng(grid([output], 1), `${bundle.listed.name}-output.png`)}>
        {text.common.save}
      </button>
    </section>
  );
}
