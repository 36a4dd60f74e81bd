/** A picture from a file of any kind that the browser knows. */

import { text } from "../text";
import { HEADER_BYTES, pictureHeader } from "./header";

/** More are not decoded: four bytes each are held several times while a picture is brought to a size. */
const MOST_PIXELS = 50e6;

export interface Read {
  readonly image: ImageBitmap;
  /** Whether the file is a film, of which this is the first picture. */
  readonly film: boolean;
}

/**
 * Reads a picture whose size was found small enough before it is decoded.
 *
 * @throws Error a sentence: no picture, one that cannot be decoded, or one that is too large.
 */
export async function readPicture(file: Blob): Promise<Read> {
  const header = pictureHeader(new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer()));
  if (header === undefined && !file.type.startsWith("image/")) {
    throw new Error(text.input.noPicture(nameOf(file)));
  }
  checkSize(header);
  const image = await createImageBitmap(file).catch(() => {
    throw new Error(text.input.damaged(nameOf(file)));
  });
  checkSize(image);
  return { image, film: header?.kind === "gif" };
}

function checkSize(size: { width: number; height: number } | undefined): void {
  if (size !== undefined && size.width * size.height > MOST_PIXELS) {
    throw new Error(text.input.tooLarge(size.width, size.height, MOST_PIXELS / 1e6));
  }
}

function nameOf(file: Blob): string {
  return "name" in file && typeof file.name === "string" ? file.name : "";
}
