/** What the networks of a bundle say of a picture: code, reconstruction, classes. */

import type { Rows } from "keras-gen";
import { useCallback, useEffect, useState } from "preact/hooks";

import { hasCodes, readCodes, type Codes } from "../../codes/codes";
import type { Bytes } from "../../network/calls";
import { useLatest } from "../../ui/latest";
import { useNotify } from "../../ui/notices";
import type { Shown } from "../tab";

export interface Coded {
  /** What was given to the networks. */
  readonly given: Bytes;
  readonly code: Rows | undefined;
  readonly output: Bytes | undefined;
  readonly probabilities: Rows | undefined;
}

/** The newest picture that the networks are done with. */
export function useCoded(bundle: Shown, label: number | undefined, given: Bytes | undefined): Coded | undefined {
  const { client, manifest } = bundle;
  const has = (name: string): boolean => manifest.networks.has(name);
  const work = useCallback(
    async (given: Bytes): Promise<Coded> => {
      const labels = label === undefined ? undefined : [label];
      const code = has("encoder") ? await client.call("encode", { pictures: given, labels }) : undefined;
      const output = code && has("decoder") ? await client.call("decode", { latents: code, labels }) : undefined;
      const probabilities = has("classifier") ? await client.call("classify", { pictures: given }) : undefined;
      return { given, code, output, probabilities };
    },
    [client, label],
  );
  return useLatest(given, work);
}

/** Codes of training pictures, where the bundle brings them. */
export function useCodes({ client, entries, manifest }: Shown): Codes | undefined {
  const [codes, set] = useState<Codes>();
  const notify = useNotify();
  useEffect(() => {
    if (hasCodes(entries)) {
      readCodes(client, entries, manifest.latent?.size ?? 0).then(set, notify);
    }
  }, [client]);
  return codes;
}
