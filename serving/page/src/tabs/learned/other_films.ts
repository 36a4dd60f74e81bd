/** Other bundles of the page that have a film too, to be shown beside this one. */

import { useEffect, useState } from "preact/hooks";

import { listedBundles, type Listed } from "../../bundles";
import { FileCache } from "../../network/cache";
import { useNotify } from "../../ui/notices";
import { hasFilm, readFilm, type Film } from "./film";

const MANIFEST = "manifest.json";
const MOST_BYTES = 2 ** 22;

/** A bundle whose manifest was read. */
interface Other {
  readonly name: string;
  readonly files: FileCache;
}

/** Those that have a film of the same kind of frames; of a kind each says only when its film is read. */
export function useOtherFilms(own: string): readonly Other[] {
  const [others, set] = useState<readonly Other[]>([]);
  useEffect(() => {
    let wanted = true;
    listedBundles()
      .then((listed) => Promise.all(listed.filter(({ name }) => name !== own).map(withFilm)))
      .then(
        (found) => wanted && set(found.flatMap((one) => one ?? [])),
        () => undefined, // a page without a list has no others
      );
    return () => {
      wanted = false;
    };
  }, [own]);
  return others;
}

/** The film of one of them, as soon as it is there. */
export function useFilmOf(other: Other | undefined): Film | undefined {
  const [film, set] = useState<Film>();
  const notify = useNotify();
  useEffect(() => {
    let wanted = true;
    set(undefined);
    if (other !== undefined) {
      const { files } = other;
      readFilm((file) => files.verified(file), files.entries).then((read) => wanted && set(read), notify);
    }
    return () => {
      wanted = false;
    };
  }, [other, notify]);
  return film;
}

async function withFilm({ name, place, files }: Listed): Promise<Other | undefined> {
  const cache = new FileCache(place, files);
  try {
    await cache.read(MANIFEST, MOST_BYTES);
  } catch {
    return undefined; // a bundle that cannot be read says so where it is opened
  }
  return hasFilm(cache.entries) ? { name, files: cache } : undefined;
}
