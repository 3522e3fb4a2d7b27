import { bfloatToFloat, halfToFloat } from '../half.js';
import type { Tensor } from '../safetensors.js';
import type { PickleWorld } from './pickle-machine.js';

/** How PyTorch keeps one number. */
interface StorageType {
  name: string;
  bytes: number;
  read: (view: DataView, at: number, littleEndian: boolean) => number;
}

/** Numbers that tensors look into; their bytes lie elsewhere in the file. */
export class Storage {
  constructor(
    readonly key: string,
    readonly type: StorageType,
    readonly count: number,
  ) {}
}

/** A tensor whose numbers were not fetched yet: a window on a storage, strides in elements. */
export class TorchTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly size: readonly number[],
    readonly stride: readonly number[],
  ) {}
}

/** The bytes of storages by their key, and how their numbers are written. */
export interface StorageBytes {
  /** @throws RangeError when they are not there, saying how many bytes of the file they need */
  bytesOf: (key: string, length: number) => Uint8Array;
  littleEndian: boolean;
}

const storageType = (name: string, bytes: number, read: StorageType['read']): [string, StorageType] => [
  `torch ${name}Storage`,
  { name, bytes, read },
];

const storageTypes = new Map<string, StorageType>([
  storageType('Float', 4, (view, at, little) => view.getFloat32(at, little)),
  storageType('Double', 8, (view, at, little) => view.getFloat64(at, little)),
  storageType('Half', 2, (view, at, little) => halfToFloat(view.getUint16(at, little))),
  storageType('BFloat16', 2, (view, at, little) => bfloatToFloat(view.getUint16(at, little))),
  storageType('Long', 8, (view, at, little) => Number(view.getBigInt64(at, little))),
  storageType('Int', 4, (view, at, little) => view.getInt32(at, little)),
  storageType('Short', 2, (view, at, little) => view.getInt16(at, little)),
  storageType('Char', 1, (view, at) => view.getInt8(at)),
  storageType('Byte', 1, (view, at) => view.getUint8(at)),
  storageType('Bool', 1, (view, at) => view.getUint8(at)),
]);

const elementTypes = [
  'float32',
  'float64',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
];

/**
 * What the pickle of a state_dict may name: dictionaries, tensors, parameters, and the types of their numbers.
 * Everything else would be code of somebody's.
 */
export const torchWorld: PickleWorld = {
  functions: new Map<string, (...args: unknown[]) => unknown>([
    ['collections OrderedDict', (items) => new Map((items ?? []) as [unknown, unknown][])],
    ['torch._utils _rebuild_tensor', rebuildTensor],
    ['torch._utils _rebuild_tensor_v2', rebuildTensor],
    ['torch._utils _rebuild_parameter', (tensor) => tensor],
    ['torch Size', (sizes) => sizes],
    ['torch device', (...names) => names.join(':')],
  ]),
  values: new Map<string, unknown>([
    ...storageTypes,
    ...elementTypes.map((name): [string, string] => [`torch ${name}`, name]),
  ]),
  persistent: storageOf,
};

/**
 * The numbers of a tensor in row-major order, as float32.
 *
 * @throws RangeError naming the tensor when it reaches beyond its storage or the storage beyond the file
 */
export function materialise(name: string, tensor: TorchTensor, storages: StorageBytes): Tensor {
  const { storage, size } = tensor;
  const count = checkedCount(name, tensor);
  const bytes = fetchBytes(name, storage, storages);
  const shape = [...size];
  if (storage.type.name === 'Float' && storages.littleEndian && isContiguous(tensor)) {
    const from = bytes.byteOffset + 4 * tensor.offset;
    return { shape, data: new Float32Array(bytes.buffer.slice(from, from + 4 * count)) };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { bytes: width, read } = storage.type;
  const data = Float32Array.from(positions(tensor, count), (at) =>
    read(view, at * width, storages.littleEndian),
  );
  return { shape, data };
}

/** @throws TypeError unless the id is that of a storage of numbers */
export function storageOf(id: unknown): Storage {
  const [tag, type, key, , count, view] = Array.isArray(id) ? (id as unknown[]) : [];
  const known = [...storageTypes.values()].find((one) => one === type);
  if (tag !== 'storage' || !known || typeof key !== 'string' || !isWhole(count) || (view ?? null) !== null) {
    throw new TypeError('pytorch: expected a reference to a storage of numbers, found something else');
  }
  return new Storage(key, known, count);
}

function rebuildTensor(storage: unknown, offset: unknown, size: unknown, stride: unknown): TorchTensor {
  if (!(storage instanceof Storage) || !isWhole(offset) || !isWholes(size) || !isWholes(stride)) {
    throw new TypeError('pytorch: expected a tensor as a window on a storage, found something else');
  }
  return new TorchTensor(storage, offset, size, stride);
}

function checkedCount(name: string, { storage, offset, size, stride }: TorchTensor): number {
  const count = size.reduce((product, length) => product * length, 1);
  const last = size.reduce((at, length, i) => at + (length - 1) * (stride[i] ?? 0), offset);
  const fits = size.length === stride.length && count <= storage.count && last < storage.count;
  if (count > 0 && !fits) {
    const window = `[${size.join(', ')}] with strides [${stride.join(', ')}] from ${offset}`;
    throw new RangeError(
      `pytorch: "${name}": expected a window on ${storage.count} numbers, found ${window}`,
    );
  }
  return count;
}

function fetchBytes(name: string, { key, type, count }: Storage, { bytesOf }: StorageBytes): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = bytesOf(key, count * type.bytes);
  } catch (cause) {
    throw new RangeError(`pytorch: "${name}": ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  if (bytes.length === count * type.bytes) return bytes;
  const expected = `${count * type.bytes} bytes for ${count} numbers of type ${type.name}`;
  throw new RangeError(`pytorch: "${name}": expected ${expected}, found ${bytes.length}`);
}

function isContiguous({ size, stride }: TorchTensor): boolean {
  let step = 1;
  for (let i = size.length - 1; i >= 0; i--) {
    if (size[i] !== 1 && stride[i] !== step) return false;
    step *= size[i] ?? 1;
  }
  return true;
}

/** Where in the storage each element lies, last index fastest. */
function* positions({ offset, size, stride }: TorchTensor, count: number): Generator<number> {
  const index = size.map(() => 0);
  let at = offset;
  for (let i = 0; i < count; i++) {
    yield at;
    for (let axis = size.length - 1; axis >= 0; axis--) {
      at += stride[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      if (index[axis] !== size[axis]) break;
      at -= (size[axis] ?? 0) * (stride[axis] ?? 0);
      index[axis] = 0;
    }
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isWholes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isWhole);
}
