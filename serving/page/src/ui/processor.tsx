/** Where the networks compute: WebAssembly, or WebGPU where it gives the same pictures on this device. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Bytes, Processor } from "../network/calls";
import { Client } from "../network/client";
import type { Shown } from "../tabs/tab";
import { text } from "../text";
import { useNotify } from "./notices";
import { remember, remembered } from "./remember";

const KEY = "processor";
/** Grey levels that two processors may differ by. */
const TOLERANCE = 1;
const TRIED_SIDE = 64;

interface Props {
  readonly shown: Shown;
  /** Goes on with another Worker, which has the bundle open. */
  use(client: Client): void;
}

export function ProcessorChoice({ shown, use }: Props): JSX.Element {
  const notify = useNotify();
  const [trying, setTrying] = useState(false);
  const { client, listed } = shown;
  const other = async (processor: Processor): Promise<void> => {
    setTrying(true);
    const next = new Client(processor);
    try {
      await next.call("open", { place: listed.place, files: listed.files });
      if (processor === "webgpu") {
        const difference = largest(await tried(client, shown), await tried(next, shown));
        if (difference > TOLERANCE) {
          throw new Error(text.errors.parity(difference));
        }
      }
      remember(KEY, processor);
      use(next);
    } catch (error) {
      next.close();
      remember(KEY, "wasm");
      notify(error instanceof Error && error.name === "CallError" ? text.errors.noWebgpu(error.message) : error);
    } finally {
      setTrying(false);
    }
  };
  useEffect(() => {
    if (client.processor === "wasm" && hasWebgpu() && remembered(KEY) === "webgpu") {
      void other("webgpu");
    }
  }, []);
  useEffect(() => {
    client.onDeviceLost = () => {
      notify(text.errors.device);
      void other("wasm");
    };
  }, [client]);
  const threads = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
  if (!hasWebgpu()) {
    return (
      <p class="muted processor">
        {text.shell.processor.label} {text.shell.processor.wasm}, {text.shell.threads(threads)}
      </p>
    );
  }
  return (
    <label class="inline processor">
      <span>{text.shell.processor.label}</span>
      <select
        value={client.processor}
        disabled={trying}
        onChange={({ currentTarget }) => void other(currentTarget.value as Processor)}
      >
        <option value="wasm">{`${text.shell.processor.wasm}, ${text.shell.threads(threads)}`}</option>
        <option value="webgpu">{text.shell.processor.webgpu}</option>
      </select>
    </label>
  );
}

function hasWebgpu(): boolean {
  return "gpu" in navigator;
}

/** Pictures that every bundle can make, by which two processors are compared. */
async function tried(client: Client, { manifest, takesClass, translatesTo }: Shown): Promise<readonly Bytes[]> {
  const made: Bytes[] = [];
  if (manifest.networks.has("noise") && manifest.networks.has("decoder")) {
    made.push(await client.call("sample", { n: 1, seed: "0", labels: takesClass ? [0] : undefined }));
  }
  for (const to of translatesTo) {
    const { height, width, channels, anySize } = manifest.image;
    const [rows, columns] = anySize ? [TRIED_SIDE, TRIED_SIDE] : [height, width];
    const data = Uint8Array.from({ length: rows * columns * channels }, (_, place) => (place * 37) % 256);
    made.push(await client.call("translate", { picture: { data, height: rows, width: columns, channels }, to }));
  }
  return made;
}

function largest(some: readonly Bytes[], others: readonly Bytes[]): number {
  let found = 0;
  some.forEach(({ data }, index) => {
    const other = others[index]?.data;
    data.forEach((level, place) => {
      found = Math.max(found, Math.abs(level - (other?.[place] ?? Infinity)));
    });
  });
  return found;
}
