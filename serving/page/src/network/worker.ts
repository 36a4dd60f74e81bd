/** Runs the networks of one bundle at a time, one call after the other, away from the page's own thread. */

import { Bundle, InputError, Sampler, targets, tellsClass, Translator, toUint8, type RuntimeOptions } from "keras-gen";

import { FileCache } from "./cache";
import type { Answered, Asked, Bytes, Calls, Name, Opened, Processor, Trouble, Wanted } from "./calls";
import { principal } from "./principal";
import { runtimeFor } from "./runtime";

/** What a call may do beside its work. */
export interface Context {
  readonly signal: AbortSignal;
  /** Tells the page how much is done, from 0 to 1. */
  progress(done: number): void;
  /** The same, and lets messages in, so that a call can be cancelled in the midst of it. */
  pause(done: number): Promise<void>;
}

/** Side of the tiles of large pictures: with the package's own a tab would need more than 1 GiB for usual networks. */
const TILE = 512;

type Work<K extends Name> = (takes: Calls[K]["takes"], context: Context) => Promise<Calls[K]["gives"]>;

interface Open {
  readonly reader: FileCache;
  readonly sampler: Sampler;
  /** Opened when it is first used, where the bundle translates. */
  translator?: Promise<Translator>;
}

let options: Promise<RuntimeOptions> | undefined;
let current: Open | undefined;

function bundle(): Open {
  if (current === undefined) {
    throw new InputError("a bundle must be open. Received: a call before one was.");
  }
  return current;
}

const work: { [K in Name]: Work<K> } = {
  async open({ place, files }) {
    await current?.sampler.close();
    await (await current?.translator)?.close();
    current = undefined;
    const reader = new FileCache(place, files);
    const bundle = await Bundle.open(reader);
    const sampler = await Sampler.open(bundle, await options);
    current = { reader, sampler };
    return described(sampler, reader.entries);
  },
  async sample({ n, seed, labels, truncation }) {
    return toUint8(await bundle().sampler.sample(n, { seed: BigInt(seed), labels, truncation }));
  },
  async latents({ n, seed, start, labels, truncation }) {
    return bundle().sampler.latents(n, { seed: BigInt(seed), start, labels, truncation });
  },
  async decode({ latents, labels }) {
    return toUint8(await bundle().sampler.decode(latents, { labels }));
  },
  async encode({ pictures, labels }) {
    const { sampler } = bundle();
    return sampler.encode(sampler.asInput(pictures), { labels });
  },
  async classify({ pictures }) {
    const { sampler } = bundle();
    return sampler.classify(sampler.asInput(pictures));
  },
  async translate({ picture, ...wanted }, context) {
    return translated(picture, wanted, context);
  },
  async file(stored) {
    return bundle().reader.verified(stored);
  },
  async principal({ rows }) {
    return principal(rows);
  },
};

async function translated(picture: Bytes, { to, seed }: Wanted, { signal, pause }: Context): Promise<Bytes> {
  const open = bundle();
  const tile = Math.max(TILE, 2 * open.sampler.manifest.image.multiple);
  open.translator ??= options!.then((given) => Translator.open(open.sampler.bundle, { ...given, tile }));
  const answer = seed === undefined ? undefined : BigInt(seed);
  return (await open.translator).translate(picture, to, { seed: answer, signal, onProgress: pause });
}

function described({ manifest, takesClass }: Sampler, entries: Opened["entries"]): Opened {
  const translatesTo = targets(manifest);
  const network = manifest.networks.get(translatesTo.includes("b") ? "a_to_b" : "b_to_a");
  const enlarge = Number((entries["image"] as Record<string, unknown>)["enlarge"] ?? 1);
  const answers = !tellsClass(manifest) && network?.inputs.has("latent") === true;
  const truncates = manifest.networks.get("noise")?.inputs.has("truncation") ?? false;
  return { manifest, entries, takesClass, truncates, translatesTo, tellsClass: tellsClass(manifest), enlarge, answers };
}

const wanted = new Map<number, AbortController>();
let last: Promise<void> = Promise.resolve();

globalThis.onmessage = ({ data }: MessageEvent<Asked>): void => {
  if ("processor" in data) {
    options = started(data.processor, data.threads);
    options.catch(() => undefined); // the first call is told by the promise itself
  } else if ("cancel" in data) {
    wanted.get(data.cancel)?.abort();
  } else {
    const controller = new AbortController();
    wanted.set(data.id, controller);
    last = last.then(() => answer(data.id, data.name, data.takes, controller.signal));
  }
};

async function started(processor: Processor, threads: number): Promise<RuntimeOptions> {
  return { runtime: await runtimeFor(processor), providers: [processor], threads };
}

async function answer(id: number, name: Name, takes: unknown, signal: AbortSignal): Promise<void> {
  try {
    signal.throwIfAborted();
    const progress = (done: number): void => send({ id, progress: done });
    const pause = async (done: number): Promise<void> => {
      progress(done);
      await new Promise((resolve) => setTimeout(resolve));
    };
    const gives = await (work[name] as Work<Name>)(takes as never, { signal, progress, pause });
    send({ id, gives }, buffers(gives));
  } catch (error) {
    send({ id, ...troubled(error) });
  } finally {
    wanted.delete(id);
  }
}

function send(answered: Answered, transfer: Transferable[] = []): void {
  postMessage(answered, { transfer });
}

/** The memory of an answer, which is handed over and not copied. */
function buffers(gives: unknown): Transferable[] {
  const found = new Set<ArrayBuffer>();
  const parts = gives !== null && typeof gives === "object" ? [gives, ...Object.values(gives)] : [];
  for (const part of parts) {
    const array = ArrayBuffer.isView(part) ? part : (part as { data?: unknown } | null)?.data;
    if (ArrayBuffer.isView(array) && array.buffer instanceof ArrayBuffer) {
      found.add(array.buffer);
    }
  }
  return [...found];
}

function troubled(error: unknown): { trouble: Trouble; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const kinds: [Trouble, RegExp][] = [
    ["memory", /bad_alloc|out of memory|\bOOM\b|allocation failed|failed to allocate|Invalid array length/i],
    ["device", /device (was |is )?lost|GPUDevice|lost device/i],
  ];
  const [kind] = kinds.find(([, words]) => words.test(message)) ?? [error instanceof InputError ? "input" : "other"];
  return { trouble: kind, message };
}
