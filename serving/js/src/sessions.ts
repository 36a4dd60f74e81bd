/** ONNX Runtime's sessions over the verified bytes of a bundle. */

import type { Bundle, Model } from "./bundle.js";
import { InputError, requireInteger, said } from "./errors.js";
import { platform } from "./platform.js";
import type { Numbers, Provider, Runtime, RuntimeOptions, RuntimeTensor, Session } from "./runtime.js";

/** More than the cores of any machine; ONNX Runtime would start as many as it is told. */
const MOST_THREADS = 1024;

/** An input of a network. */
export interface Given {
  readonly type: "int64" | "float32" | "uint8";
  readonly data: Numbers;
  readonly dims: readonly number[];
}

/** An output of a network. */
export interface Made<Data> {
  readonly data: Data;
  readonly dims: readonly number[];
}

export type Feed = Readonly<Record<string, Given>>;

/** The networks of a bundle, each opened when it is first used. */
export class Sessions {
  private readonly opened = new Map<string, Promise<Session>>();

  constructor(
    private readonly bundle: Bundle,
    private readonly options: RuntimeOptions,
  ) {
    if (options.threads !== undefined) {
      requireInteger("threads", options.threads, 1, MOST_THREADS);
    }
    if (options.providers?.length === 0) {
      throw new InputError("`providers` must be at least one execution provider. Received: an empty list.");
    }
  }

  /**
   * One output of a network.
   *
   * @param small whether the network is so small that it runs fastest on the processor, in one thread.
   */
  async run<Data>(network: string, feed: Feed, output: string, small = false): Promise<Made<Data>> {
    if (this.bundle.network(network).batch === null) {
      return this.runOnce(network, feed, output, small);
    }
    const rows = Math.max(...Object.values(feed).map(({ dims }) => dims[0] ?? 1));
    const made: Made<Numbers>[] = [];
    for (let row = 0; row < rows; row++) {
      made.push(await this.runOnce(network, rowOf(feed, row), output, small));
    }
    return together(made) as Made<Data>;
  }

  private async runOnce<Data>(network: string, feed: Feed, output: string, small: boolean): Promise<Made<Data>> {
    const session = await this.session(network, small);
    const { Tensor } = await this.runtime();
    const feeds: Record<string, never> = {};
    for (const [name, { type, data, dims }] of Object.entries(feed)) {
      feeds[name] = new Tensor(type as never, data as never, dims) as never;
    }
    const { [output]: made } = await inTurn(() => session.run(feeds, [output]));
    const { data, dims } = made as RuntimeTensor;
    return { data: data as Data, dims };
  }

  /** Gives the memory of all sessions back. What is used afterwards is opened again. */
  async close(): Promise<void> {
    const sessions = [...this.opened.values()];
    this.opened.clear();
    for (const session of sessions) {
      const opened = await session.catch(() => undefined); // one that could not be opened holds nothing
      await opened?.release();
    }
  }

  private session(network: string, small: boolean): Promise<Session> {
    let session = this.opened.get(network);
    if (session === undefined) {
      session = this.open(network, small);
      this.opened.set(network, session);
      session.catch(() => this.opened.delete(network)); // the caller is told by the promise itself
    }
    return session;
  }

  private async open(network: string, small: boolean): Promise<Session> {
    const model = await this.bundle.model(network);
    const runtime = await this.runtime();
    const { processor, threads } = platform();
    const providers = (!small && this.options.providers) || [processor];
    const beside = model.weights && { externalData: [{ path: model.weights.file, data: model.weights.content }] };
    const options = {
      executionProviders: providers,
      logSeverityLevel: 3,
      ...threads(this.options, small),
      ...beside,
    };
    const session = await inTurn(() => runtime.InferenceSession.create(model.content, options as never)).catch(
      (error: unknown) => {
        throw refused(model, runtime, providers, error);
      },
    );
    const { inputs, outputs } = this.bundle.network(network);
    requireNames(`${model.name} must take`, [...inputs.keys()], session.inputNames);
    requireNames(`${model.name} must give`, [...outputs.keys()], session.outputNames);
    return session;
  }

  private runtime(): Promise<Runtime> {
    return platform().runtime(this.options);
  }
}

/** One example of a feed, with its first axis. */
function rowOf(feed: Feed, row: number): Feed {
  const cut = ({ type, data, dims }: Given): Given => {
    const size = data.length / (dims[0] ?? 1);
    return { type, data: data.slice(row * size, (row + 1) * size), dims: [1, ...dims.slice(1)] };
  };
  return Object.fromEntries(Object.entries(feed).map(([name, given]) => [name, cut(given)]));
}

/** The outputs of one example after the other as one. */
function together(rows: readonly Made<Numbers>[]): Made<Numbers> {
  const first = rows[0] as Made<Numbers>;
  const size = first.data.length;
  const Kind = first.data.constructor as new (length: number) => Numbers;
  const data = new Kind(rows.length * size);
  rows.forEach((row, index) => data.set(row.data as never, index * size));
  return { data, dims: [rows.length, ...first.dims.slice(1)] };
}

function refused(model: Model, runtime: Runtime, providers: readonly Provider[], error: unknown): InputError {
  const { common, node, web } = runtime.env.versions;
  const names = providers.map((provider) => (typeof provider === "string" ? provider : provider.name)).join(", ");
  return new InputError(
    `${model.name} must be a model that onnxruntime ${node ?? web ?? common} opens for ${names}. ` +
      `Received: IR version ${model.facts.irVersion}, opset ${model.facts.opset}: ${said(error)}`,
  );
}

/** Raises InputError where a network has other inputs or outputs than the manifest says. */
function requireNames(what: string, stated: readonly string[], names: readonly string[]): void {
  const [expected, received] = [stated, names].map((some) => [...some].sort().join(", "));
  if (expected !== received) {
    throw new InputError(`${what} ${expected}, as the manifest says. Received: ${received}.`);
  }
}

let last: Promise<unknown> = Promise.resolve();

/** Runs a call after those before it have ended, where the runtime wants one at a time. */
function inTurn<Result>(call: () => Promise<Result>): Promise<Result> {
  if (!platform().oneAtATime) {
    return call();
  }
  const turn = last.then(call, call);
  last = turn.catch(() => undefined); // the caller is told by the promise itself
  return turn;
}
