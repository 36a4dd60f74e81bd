/** The part of ONNX Runtime's JavaScript interface that is used here; onnxruntime-node and onnxruntime-web have it. */

export type Numbers = Uint8Array | Float32Array | BigInt64Array;

export interface RuntimeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, never>>, fetches: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
  release(): Promise<void>;
}

export interface Runtime {
  readonly InferenceSession: { create(model: Uint8Array, options: never): Promise<Session> };
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => unknown;
  readonly env: {
    readonly wasm?: { numThreads?: number };
    readonly versions: Readonly<{ common: string; node?: string; web?: string }>;
  };
}

export type SessionOptions = Readonly<Record<string, unknown>>;

/** An execution provider of ONNX Runtime by its name, or with options of its own. */
export type Provider = string | (Readonly<Record<string, unknown>> & { readonly name: string });

export interface RuntimeOptions {
  /** Threads inside an operator; as many as the runtime thinks best by default. In a page all sessions share them. */
  readonly threads?: number | undefined;
  /** Execution providers, the best first: `cpu` and `cuda` in Node, `wasm` and `webgpu` in a browser. */
  readonly providers?: readonly Provider[] | undefined;
  /** A module of ONNX Runtime to use, instead of the onnxruntime-node or onnxruntime-web that is installed. */
  readonly runtime?: Runtime | undefined;
}
