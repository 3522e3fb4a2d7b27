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
 * @throws RangeError when `model.json` has no manifest, a shard lies elsewhere, or a shard is cut: it and the first
 *   tensor that is not whole are named; TypeError for numbers of another type
 *
 * Reference: https://github.com/tensorflow/tfjs, tfjs-core/src/io/types.ts
 */
export async function readTfjs(modelJson: Uint8Array, readBeside: ReadBeside): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  for (const { paths, weights } of manifestOf(modelJson)) {
    const shards: Uint8Array[] = [];
    for (const path of paths) shards.push(await readBeside(path));
    const places = placesOf(weights);
    requireWhole(places, paths, shards);
    readPlaces(places, Buffer.concat(shards), tensors);
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

/** Where a tensor lies in the shards of its group, put together. */
interface Place extends WeightEntry {
  type: ElementType;
  from: number;
  end: number;
}

function placesOf(weights: readonly WeightEntry[]): Place[] {
  let end = 0;
  return weights.map((entry) => {
    const { name, shape, dtype, quantization } = entry;
    const type = elementTypes.get(quantization?.dtype ?? dtype);
    if (!type) throw new TypeError(`tensorflow.js: "${name}": expected numbers, found ${dtype}`);
    const from = end;
    end += type.bytes * shape.reduce((product, length) => product * length, 1);
    return { ...entry, type, from, end };
  });
}

/** @throws RangeError naming the shard that is cut and the tensor there; all but the last are of one size */
function requireWhole(
  places: readonly Place[],
  paths: readonly string[],
  shards: readonly Uint8Array[],
): void {
  const sizes = shards.map(({ length }) => length);
  const sum = (some: readonly number[]) => some.reduce((a, b) => a + b, 0);
  if (sum(sizes) >= (places.at(-1)?.end ?? 0)) return;
  const cut = sizes.findIndex((size, i) => i === sizes.length - 1 || size < Math.max(...sizes));
  const foundEnd = sum(sizes.slice(0, cut + 1));
  const { name, from, end } = places.find((place) => place.end > foundEnd) as Place;
  const found = paths[cut] === undefined ? 'no shards' : `${paths[cut]} to end at byte ${foundEnd}`;
  throw new RangeError(
    `tensorflow.js: "${name}": expected bytes ${from} to ${end} of its shards, found ${found}`,
  );
}

function readPlaces(places: readonly Place[], bytes: Uint8Array, tensors: Map<string, Tensor>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const { name, shape, quantization, type, from, end } of places) {
    const { scale = 1, min = 0 } = quantization ?? {};
    const valueAt = (i: number) => min + scale * type.read(view, from + i * type.bytes);
    const data = new Float32Array((end - from) / type.bytes).map((_, i) => valueAt(i));
    tensors.set(name, { shape: [...shape], data });
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
