import { halfToFloat } from '../half.js';
import type { Tensor } from '../safetensors.js';

/** Reads a file that lies beside the one that names it. */
export type ReadBeside = (name: string) => Promise<Uint8Array>;

interface Quantization {
  dtype: string;
  scale?: number;
  min?: number;
}

interface WeightEntry {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: Quantization;
}

interface ElementType {
  bytes: number;
  read(view: DataView, at: number): number;
}

const elementTypes = new Map<string, ElementType>([
  ['float32', { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  ['int32', { bytes: 4, read: (view, at) => view.getInt32(at, true) }],
  ['float16', { bytes: 2, read: (view, at) => halfToFloat(view.getUint16(at, true)) }],
  ['uint16', { bytes: 2, read: (view, at) => view.getUint16(at, true) }],
  ['uint8', { bytes: 1, read: (view, at) => view.getUint8(at) }],
  ['bool', { bytes: 1, read: (view, at) => view.getUint8(at) }],
]);

/**
 * The weights of a TensorFlow.js model, layers or graph, as float32 and under their own names. Quantised ones are
 * brought back to value = min + scale × stored.
 *
 * @param modelJson the bytes of `model.json`
 * @param readBeside reads the shards that it names
 * @throws RangeError when `model.json` has no manifest, a shard lies elsewhere, or its bytes end before a tensor, named
 *   with what it needs and what is there; TypeError for numbers of another type
 *
 * Reference: https://github.com/tensorflow/tfjs, tfjs-core/src/io/types.ts
 */
export async function readTfjs(modelJson: Uint8Array, readBeside: ReadBeside): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const { paths, weights } of manifestOf(modelJson)) {
    const shards: Uint8Array[] = [];
    for (const path of paths) shards.push(await readBeside(path));
    readGroup({ paths, weights }, Buffer.concat(shards), tensors);
  }
  return tensors;
}

function manifestOf(modelJson: Uint8Array): { paths: string[]; weights: WeightEntry[] }[] {
  let model: unknown;
  try {
    model = JSON.parse(new TextDecoder().decode(modelJson));
  } catch (cause) {
    throw new RangeError('tensorflow.js: expected model.json, found no JSON', { cause });
  }
  const manifest = (model as { weightsManifest?: unknown }).weightsManifest;
  if (!Array.isArray(manifest)) {
    throw new RangeError('tensorflow.js: expected a weightsManifest in model.json, found none');
  }
  return manifest.map((group: unknown) => {
    const { paths, weights } = group as { paths?: unknown; weights?: unknown };
    if (!isListOf(paths, isShardName) || !isListOf(weights, isEntry)) {
      throw new RangeError(
        'tensorflow.js: expected groups of shards beside model.json and of weights, found another manifest',
      );
    }
    return { paths, weights };
  });
}

function readGroup(
  { paths, weights }: { paths: readonly string[]; weights: readonly WeightEntry[] },
  bytes: Uint8Array,
  tensors: Map<string, Tensor>,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (const { name, shape, dtype, quantization } of weights) {
    const type = elementTypes.get(quantization?.dtype ?? dtype);
    if (!type) throw new TypeError(`tensorflow.js: "${name}": expected numbers, found ${dtype}`);
    const count = shape.reduce((product, length) => product * length, 1);
    const end = at + count * type.bytes;
    if (end > bytes.length) {
      const where = `bytes ${at} to ${end} of ${paths.join(', ')}`;
      throw new RangeError(`tensorflow.js: "${name}": expected ${where}, found ${bytes.length} bytes`);
    }
    const { scale = 1, min = 0 } = quantization ?? {};
    const from = at;
    const valueAt = (i: number) => min + scale * type.read(view, from + i * type.bytes);
    tensors.set(name, { shape: [...shape], data: new Float32Array(count).map((_, i) => valueAt(i)) });
    at = end;
  }
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isShardName(value: unknown): value is string {
  return typeof value === 'string' && !/(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[a-z]+:/i.test(value);
}

function isEntry(value: unknown): value is WeightEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { name, shape, dtype } = value as Record<string, unknown>;
  const isSize = (length: unknown): length is number => Number.isSafeInteger(length) && Number(length) >= 0;
  return typeof name === 'string' && typeof dtype === 'string' && isListOf(shape, isSize);
}
