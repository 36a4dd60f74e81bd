/** What the latent tab knows of a bundle: codes, draws of the prior, planes, and how to decode. */

import type { Rows } from "keras-gen";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import { hasCodes, readCodes, type Codes } from "../../codes/codes";
import type { Bytes } from "../../network/calls";
import type { CallOptions } from "../../network/client";
import { change, useAddress } from "../../state";
import { drawOf, randomSeed } from "../../ui/draw_fields";
import { decodeLatent, encodeLatent } from "../../ui/latent_text";
import { useNotify } from "../../ui/notices";
import { drawnLatents } from "../drawn";
import type { Shown } from "../tab";
import { planeOf, principalPlane, rowsOf, type Plane, type Vector } from "./geometry";

const DRAWS = 200;

export interface Space {
  readonly bundle: Shown;
  readonly size: number;
  /** The latent that is shown. */
  readonly latent: Vector;
  readonly label: number | undefined;
  readonly codes: Codes | undefined;
  /** Codes, or draws of the prior where there are none: where the latents are. */
  readonly near: Rows | undefined;
  readonly plane: Plane;
  /** Whether paths go along arcs, as a normal prior wants. */
  readonly spherical: boolean;
  go(latent: Vector): void;
  decode(latents: readonly Vector[], options?: CallOptions): Promise<Bytes>;
  /** Goes to a draw of the prior. */
  random(): Promise<Vector>;
}

/** Undefined until the first latent is there. */
export function useSpace(bundle: Shown): Space | undefined {
  const address = useAddress();
  const notify = useNotify();
  const { client, manifest, entries } = bundle;
  const size = manifest.latent?.size ?? 1;
  const draw = drawOf(address, bundle);
  const label = bundle.takesClass ? (draw.label ?? 0) : undefined;
  const draws = manifest.networks.has("noise");
  const [codes, setCodes] = useState<Codes>();
  const [prior, setPrior] = useState<Rows>();
  const [found, setFound] = useState<Plane>();

  useEffect(() => {
    if (hasCodes(entries)) {
      const read = async (): Promise<void> => {
        const given = await readCodes(client, entries, size);
        setCodes(given);
        if (size > 2) {
          setFound(principalPlane(await client.call("principal", { rows: { data: given.data, size } })));
        }
      };
      read().catch(notify);
    }
  }, [client]);
  useEffect(() => {
    const controller = new AbortController();
    if (draws) {
      const whole = { client, bundle, draw: { ...draw, seed: "0", label } };
      drawnLatents(whole, 0, DRAWS, { signal: controller.signal }).then(({ latents }) => setPrior(latents), notify);
    }
    return () => controller.abort();
  }, [client, label]);

  const given = address.get("z");
  const first = prior?.data.slice(0, size);
  const latent = useMemo(
    () => decodeLatent(given, size) ?? (draws && size > 2 ? first : new Float32Array(size)),
    [given, size, prior],
  );
  const near = codes ?? prior;
  const wanted = address.get("plane");
  const plane = useMemo(
    () =>
      found !== undefined && (wanted === null || wanted === found.name)
        ? found
        : planeOf(size, dimensionsOf(wanted, size), near),
    [wanted, size, near, found],
  );
  const go = useCallback((next: Vector) => change({ z: encodeLatent(next) }), []);
  const decode = useCallback<Space["decode"]>(
    (latents, options) => {
      const labels = label === undefined ? undefined : latents.map(() => label);
      return client.call("decode", { latents: rowsOf(latents, size), labels }, options);
    },
    [client, label, size],
  );
  const random = useCallback(async () => {
    const whole = { client, bundle, draw: { ...draw, seed: randomSeed(), label } };
    return (await drawnLatents(whole, 0, 1)).latents.data;
  }, [client, label]);
  return latent && { bundle, size, latent, label, codes, near, plane, spherical: isNormal(bundle), go, decode, random };
}

function isNormal({ manifest }: Shown): boolean {
  return manifest.latent?.prior === "standard_normal";
}

/** The dimensions that an address names, or the first two. */
function dimensionsOf(wanted: string | null, size: number): [number, number] {
  const [across = NaN, up = NaN] = (wanted ?? "").split(",").map((word) => (word === "" ? NaN : Number(word)));
  const fits = (dimension: number): boolean => Number.isInteger(dimension) && dimension >= 0 && dimension < size;
  return fits(across) && fits(up) ? [across, up] : [0, Math.min(1, size - 1)];
}
