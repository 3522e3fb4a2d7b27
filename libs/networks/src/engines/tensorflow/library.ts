import { createRequire } from 'node:module';
import path from 'node:path';
import { PlatformError } from '@palimpsest/contracts';

/** A value of an attribute of an operation. */
type Attribute = boolean | number | string | readonly number[];

/** What of tfjs-node's native binding is called. Types are numbers of TensorFlow's C API. */
export interface Binding {
  createTensor(shape: readonly number[], type: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array;
  executeOp(
    name: string,
    attributes: { name: string; type: number; value: Attribute }[],
    inputs: number[],
    outputs: number,
  ): { id: number; shape: number[] }[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** tfjs-node as a program uses it. */
export interface Library {
  binding: Binding;
  /** Of TensorFlow's library, such as 2.21.0. */
  version: string;
  /** Whether it computes on a GPU. */
  gpu: boolean;
}

/** Which package, where it is installed, and how its library is to run. */
export interface LibraryPlace {
  package: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  /** The folder whose `node_modules` hold it. */
  folder: string;
  /** Threads of one operation. The library takes the first number that it is given in a process. */
  threads: number;
  /** Whether an operation must give the same bytes each time, for a loss of speed on GPUs. */
  deterministic: boolean;
}

const loaded = new Map<string, Library>();

/**
 * Loads tfjs-node, once in a process.
 *
 * @throws PlatformError `invalid` when it is not there, or its native library does not fit this machine
 */
export function loadLibrary(place: LibraryPlace): Library {
  const key = `${place.package} ${place.folder}`;
  const library = loaded.get(key) ?? load(place);
  loaded.set(key, library);
  return library;
}

interface Package {
  backend(): { binding: Binding };
}

function load({ package: name, folder, threads, deterministic }: LibraryPlace): Library {
  Object.assign(process.env, {
    TF_CPP_MIN_LOG_LEVEL: process.env['TF_CPP_MIN_LOG_LEVEL'] ?? '2',
    TF_NUM_INTRAOP_THREADS: `${threads}`,
    TF_NUM_INTEROP_THREADS: '1',
    OMP_NUM_THREADS: `${threads}`,
    ...(deterministic && { TF_DETERMINISTIC_OPS: '1', TF_CUDNN_DETERMINISTIC: '1' }),
  });
  const require = createRequire(path.resolve(folder, 'package.json'));
  mendUtil(require);
  try {
    const { binding } = (require(name) as Package).backend();
    return { binding, version: binding.TF_Version, gpu: binding.isUsingGpuDevice() };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    const advice = `palimpsest setup tensorflow${name.endsWith('gpu') ? ' --gpu' : ''}`;
    const message = `${name} in ${folder}: could not be loaded: ${reason}; \`${advice}\` installs it`;
    throw new PlatformError('invalid', message, { cause });
  }
}

/** What tfjs-node calls in `util` and Node 23 took away. */
function mendUtil(require: NodeJS.Require): void {
  const util = require('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
}
