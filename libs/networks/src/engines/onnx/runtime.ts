import { messageOf, PlatformError } from '@palimpsest/contracts';
import type { InferenceSession, Tensor } from 'onnxruntime-node';

/** Which build of ONNX Runtime computes. */
export type RuntimeName = 'onnxruntime-node' | 'onnxruntime-web';

export interface TensorData {
  shape: readonly number[];
  data: Float32Array;
}

/** Tensors that go into a graph or come out of it, by name. */
export type Values = ReadonlyMap<string, TensorData>;

/** A graph that is ready to run. */
export interface Session {
  /** Fills the arrays of `results`; those of `feeds` are read only, and none may be shared between the two. */
  run(feeds: Values, results: Values): Promise<void>;
  close(): Promise<void>;
}

/** What computes: `cuda` where onnxruntime-node's CUDA files are installed. */
export type Provider = 'cpu' | 'cuda';

interface OpenOptions {
  provider: Provider;
  threads: number;
}

export interface Runtime {
  name: RuntimeName;
  version: string;
  /** @throws PlatformError `invalid` when the provider is not there */
  open(model: Uint8Array, options: OpenOptions): Promise<Session>;
}

/** What of onnxruntime-common both packages export. */
interface Library {
  InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
  env: { versions: { common: string; node?: string; web?: string } };
}

/** One would change how sums are cut, the other keep what is made a second time on purpose. */
const switchedOff = ['GemmTransposeFusion', 'CommonSubexpressionElimination'];

const loaded = new Map<string | undefined, Promise<Runtime>>();

/**
 * The native library where it can be loaded, else the WebAssembly one (about four times slower, one thread).
 * `PALIMPSEST_ONNX_RUNTIME` = `node` or `web` insists on one of them.
 *
 * @throws PlatformError `invalid` when the variable says something else; the loader's error when the one insisted on
 *   cannot load
 */
export function loadRuntime(): Promise<Runtime> {
  const wanted = process.env['PALIMPSEST_ONNX_RUNTIME'];
  const runtime = loaded.get(wanted) ?? choose(wanted);
  loaded.set(wanted, runtime);
  return runtime;
}

async function choose(wanted: string | undefined): Promise<Runtime> {
  if (wanted !== undefined && wanted !== 'node' && wanted !== 'web') {
    const message = `PALIMPSEST_ONNX_RUNTIME: expected "node" or "web", found "${wanted}"`;
    throw new PlatformError('invalid', message);
  }
  if (wanted === 'web') return web();
  try {
    return await native();
  } catch (error) {
    if (wanted === 'node') throw error;
    return web();
  }
}

async function native(): Promise<Runtime> {
  // The official builds report what models they run to their maker, unless told not to before they are loaded.
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
  const library = (await import('onnxruntime-node')) as unknown as Library;
  return {
    name: 'onnxruntime-node',
    version: library.env.versions.node ?? library.env.versions.common,
    open: async (model, options) => {
      const session = await create(library, model, options);
      return {
        // It writes into the arrays that it is given.
        run: async (feeds, results) => {
          await session.run(tensors(library, feeds), tensors(library, results));
        },
        close: () => session.release(),
      };
    },
  };
}

async function web(): Promise<Runtime> {
  const library = (await import('onnxruntime-web')) as unknown as Library & {
    env: { wasm: { numThreads: number } };
  };
  library.env.wasm.numThreads = 1;
  return {
    name: 'onnxruntime-web',
    version: library.env.versions.web ?? library.env.versions.common,
    open: async (model, options) => {
      if (options.provider !== 'cpu')
        throw new PlatformError(
          'invalid',
          `onnxruntime-web: expected to run on cpu, found ${options.provider}`,
        );
      const session = await create(library, model, { ...options, threads: 1 });
      return {
        run: async (feeds, results) => {
          const values = await session.run(tensors(library, feeds), [...results.keys()]);
          for (const [name, { data }] of results) data.set(values[name]?.data as Float32Array);
        },
        close: () => session.release(),
      };
    },
  };
}

async function create(
  library: Library,
  model: Uint8Array,
  { provider, threads }: OpenOptions,
): Promise<InferenceSession> {
  const errorsOnly = 3;
  const options: InferenceSession.SessionOptions = {
    ...(provider !== 'cpu' && { executionProviders: [provider] }),
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // A plan of all memory is laid beside what the first run took: twice as much, and no faster.
    enableMemPattern: false,
    logSeverityLevel: errorsOnly,
    // Threads that spin while they wait slow every neighbour down: not longer than it takes to wake one.
    extra: {
      session: { intra_op: { allow_spinning: '1', spin_duration_us: '50' } },
      optimization: { disable_specified_optimizers: switchedOff.join(';') },
    },
  };
  try {
    return await library.InferenceSession.create(model, options);
  } catch (cause) {
    if (provider === 'cpu') throw cause;
    const reason = messageOf(cause).trim();
    const message = `ONNX Runtime: expected to run on ${provider}, found that it cannot: ${reason}`;
    throw new PlatformError('invalid', message, { cause });
  }
}

function tensors(library: Library, values: Values): Record<string, Tensor> {
  const entries = [...values].map(([name, { shape, data }]) => [
    name,
    new library.Tensor('float32', data, shape),
  ]);
  return Object.fromEntries(entries) as Record<string, Tensor>;
}
