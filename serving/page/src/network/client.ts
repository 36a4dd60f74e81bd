/** The page's side of the Worker: calls in turn, of which those that nobody waits for are left out. */

import type { Answered, Asked, Calls, Name, Processor, Trouble } from "./calls";

export class CallError extends Error {
  override readonly name = "CallError";

  constructor(
    readonly trouble: Trouble,
    message: string,
  ) {
    super(message);
  }
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * A call that waits is dropped when a newer one of the same subject comes, as while a pointer moves; it goes before
   * those without one.
   */
  readonly subject?: string | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

interface Waiting {
  readonly id: number;
  readonly name: Name;
  readonly takes: unknown;
  readonly options: CallOptions;
  resolve(gives: unknown): void;
  reject(error: unknown): void;
}

/** Whether an error only says that an answer is not wanted any more. */
export function isDropped(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

let ahead: Client | undefined;

/** Starts a Worker before it is known which bundle it is for: the runtime loads meanwhile. */
export function startAhead(): void {
  ahead = new Client("wasm");
}

/** The Worker that was started ahead, once; else a new one. */
export function newClient(): Client {
  const client = ahead ?? new Client("wasm");
  ahead = undefined;
  return client;
}

export class Client {
  /** Called when the device that computes went away; the call that noticed it fails as well. */
  onDeviceLost: () => void = () => undefined;
  private worker: Worker;
  private queue: Waiting[] = [];
  private running: Waiting | undefined;
  private count = 0;
  /** What the Worker has open, which one that takes its place must open again. */
  private opened: Calls["open"]["takes"] | undefined;

  constructor(readonly processor: Processor) {
    this.worker = this.start();
  }

  /**
   * Asks the Worker for something.
   *
   * @throws CallError what went wrong, in a sentence; DOMException `AbortError` for a call that was cancelled, or that
   *   a newer one of its subject took the place of.
   */
  call<K extends Name>(name: K, takes: Calls[K]["takes"], options: CallOptions = {}): Promise<Calls[K]["gives"]> {
    return new Promise((resolve, reject) => {
      const { signal, subject } = options;
      if (signal?.aborted) {
        reject(dropped());
        return;
      }
      if (subject !== undefined) {
        this.drop((waiting) => waiting.options.subject === subject);
      }
      const id = (this.count += 1);
      signal?.addEventListener("abort", () => this.cancel(id), { once: true });
      const waiting = { id, name, takes, options, resolve: resolve as (gives: unknown) => void, reject };
      this.queue[subject === undefined ? "push" : "unshift"](waiting);
      this.next();
    });
  }

  close(): void {
    this.worker.terminate();
    this.drop(() => true);
    this.running?.reject(dropped());
    this.running = undefined;
  }

  private start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "network" });
    worker.onmessage = ({ data }: MessageEvent<Answered>) => this.answered(data);
    worker.onerror = (event) => this.broken(event.message || "the Worker did not start");
    const cores = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency || 1) : 1;
    const asked: Asked = { processor: this.processor, threads: cores };
    worker.postMessage(asked);
    return worker;
  }

  private next(): void {
    if (this.running === undefined) {
      this.running = this.queue.shift();
      if (this.running !== undefined) {
        const { id, name, takes } = this.running;
        this.worker.postMessage({ id, name, takes } satisfies Asked);
      }
    }
  }

  private answered(data: Answered): void {
    const call = this.running;
    if (call?.id !== data.id) {
      return;
    }
    if ("progress" in data) {
      call.options.onProgress?.(data.progress);
      return;
    }
    this.running = undefined;
    if ("gives" in data) {
      this.opened = call.name === "open" ? (call.takes as Calls["open"]["takes"]) : this.opened;
      call.resolve(data.gives);
    } else {
      call.reject(new CallError(data.trouble, data.message));
    }
    if ("trouble" in data && data.trouble === "memory") {
      this.restart(); // a runtime that ran out of memory cannot go on
    }
    if ("trouble" in data && data.trouble === "device") {
      this.onDeviceLost();
    }
    this.next();
  }

  /** A Worker that ended of itself takes what it was doing with it. */
  private broken(message: string): void {
    const call = this.running;
    this.running = undefined;
    call?.reject(new CallError("other", message));
    this.restart();
    this.next();
  }

  private restart(): void {
    this.worker.terminate();
    this.worker = this.start();
    if (this.opened !== undefined) {
      const nothing = (): void => undefined; // what could not be opened again says so when it is next used
      this.count += 1;
      this.queue.unshift({
        id: this.count,
        name: "open",
        takes: this.opened,
        options: {},
        resolve: nothing,
        reject: nothing,
      });
    }
  }

  private cancel(id: number): void {
    this.drop((waiting) => waiting.id === id);
    if (this.running?.id === id) {
      // The Worker stops at the next tile; until then nothing else is asked of it.
      this.worker.postMessage({ cancel: id } satisfies Asked);
      this.running.reject(dropped());
    }
  }

  private drop(which: (waiting: Waiting) => boolean): void {
    const kept = this.queue.filter((waiting) => !which(waiting));
    const gone = this.queue.filter(which);
    this.queue = kept;
    for (const waiting of gone) {
      waiting.reject(dropped());
    }
  }
}

function dropped(): DOMException {
  return new DOMException("No longer wanted.", "AbortError");
}
