import type { Dataset, File, Group } from 'h5wasm';
import type { Tensor } from '../safetensors.js';
import { loadHdf5, type Hdf5Library } from './hdf5-library.js';
import { firstCutDataset } from './hdf5-scan.js';
import { endOfFile, withEnd } from './hdf5-superblock.js';
import type { KerasTensors } from './keras-names.js';

/** What Keras keeps beside the weights of a network. */
const notWeights = /^(optimizer_weights|optimizer|seed_generators|metrics)$/;

let opened = 0;

/**
 * Every tensor of an HDF5 file by its path, optimiser left out, as float32; and the names that groups carry as an
 * attribute, by the path without its last part: Keras 3 calls the layer of `layers/conv2d_12/vars` so.
 *
 * @throws RangeError when the file ends early, naming the first tensor that is not whole, or cannot be read; TypeError
 *   for numbers that are neither float32 nor float64
 */
export async function readHdf5(bytes: Uint8Array): Promise<KerasTensors> {
  const end = endOfFile(bytes);
  const isCut = end !== undefined && end.value > bytes.length;
  const library = await loadHdf5();
  return withFile(library, isCut ? withEnd(bytes, end) : bytes, (file) => {
    const content: KerasTensors = { tensors: new Map(), names: new Map() };
    let place: string | undefined;
    const collect = () => collectGroup(file, '', { content, visit: (path) => (place = path), library });
    if (!isCut) {
      reading(() => place ?? 'its groups', collect);
      return content;
    }
    const whole = `expected ${end.value} bytes, found ${bytes.length}`;
    try {
      collect();
    } catch (cause) {
      throw new RangeError(`hdf5: truncated: ${whole}; ${whereCut(bytes, place)}`, { cause });
    }
    throw new RangeError(`hdf5: truncated: ${whole}`);
  });
}

interface Walk {
  content: KerasTensors;
  /** Hears which tensor is being read, and when that is done. */
  visit: (path: string | undefined) => void;
  library: Hdf5Library;
}

function collectGroup(group: Group, path: string, walk: Walk): void {
  for (const key of group.keys()) {
    const name = path === '' ? key : `${path}/${key}`;
    if (path === '' && notWeights.test(key)) continue;
    const item = group.get(key);
    if (item instanceof walk.library.Dataset) {
      walk.visit(name);
      walk.content.tensors.set(name, tensorOf(name, item));
      walk.visit(undefined);
    } else if (item instanceof walk.library.Group) {
      const label = key === 'vars' ? nameOf(item) : undefined;
      if (label !== undefined) walk.content.names.set(path, label);
      collectGroup(item, name, walk);
    }
  }
}

/** In words, which tensor is the first that is not whole. */
function whereCut(bytes: Uint8Array, reading: string | undefined): string {
  const first = firstCutDataset(bytes);
  if (first) return `"${first.path}" needs bytes ${first.start} to ${first.end}`;
  return reading === undefined ? 'the index of its tensors is cut off' : `"${reading}" is not whole`;
}

function nameOf(group: Group): string | undefined {
  if (!('name' in group.attrs)) return undefined;
  const value: unknown = group.attrs.name.value;
  return typeof value === 'string' ? value : undefined;
}

function tensorOf(name: string, dataset: Dataset): Tensor {
  const { dtype, shape } = dataset;
  if (dtype !== '<f' && dtype !== '<d') {
    const found = typeof dtype === 'string' ? dtype : 'a compound';
    throw new TypeError(`hdf5: "${name}": expected float32 or float64, found ${found}`);
  }
  const value: unknown = dataset.value;
  const numbers = typeof value === 'number' ? [value] : (value as Float32Array | Float64Array);
  return { shape: [...(shape ?? [])], data: Float32Array.from(numbers) };
}

/** Opens the bytes as a file of the library's own file system, in memory. */
function withFile<T>(library: Hdf5Library, bytes: Uint8Array, use: (file: File) => T): T {
  const { FS } = library;
  if (!FS) throw new Error('hdf5: the library has no file system');
  const path = `weights-${opened++}.h5`;
  FS.writeFile(path, bytes);
  try {
    const file = reading(
      () => 'its superblock',
      () => new library.File(path, 'r'),
    );
    try {
      return use(file);
    } finally {
      file.close();
    }
  } finally {
    FS.unlink(path);
  }
}

/** Runs what reads the file. @throws RangeError naming the place where it failed; TypeErrors of ours as they are */
function reading<T>(place: () => string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof TypeError && cause.message.startsWith('hdf5:')) throw cause;
    const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new RangeError(`hdf5: expected a readable file, found ${place()} damaged (${line})`, { cause });
  }
}
