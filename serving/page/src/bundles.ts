/** `bundles.json`: which bundles lie beside the page. */

import { freshOrKept } from "./network/cache";

export interface Listed {
  readonly name: string;
  /** Its address, with `/` at its end. */
  readonly place: string;
  readonly model: string;
  /** Bytes of all its files. */
  readonly size: number;
  /** A picture of its samples. */
  readonly picture?: string;
  /** Files that were given from this machine, instead of an address. */
  readonly files?: ReadonlyMap<string, Blob>;
}

export async function listedBundles(): Promise<readonly Listed[]> {
  const address = new URL("bundles.json", document.baseURI);
  const entries = JSON.parse(new TextDecoder().decode(await freshOrKept(address, "bundles.json"))) as Listed[];
  return entries.map(({ place, picture, ...rest }) => {
    const base = new URL(place, document.baseURI);
    return { ...rest, place: base.href, ...(picture && { picture: new URL(picture, base).href }) };
  });
}
