import type { Tensor } from '../safetensors.js';
import { unpickle } from './pickle.js';
import {
  materialise,
  storageOf,
  TorchTensor,
  torchWorld,
  type Storage,
  type StorageBytes,
} from './torch-tensors.js';
import { readZip } from './zip.js';

/** A file of PyTorch with its storages unread. */
interface TorchFile extends StorageBytes {
  value: unknown;
  /** Set when the file is cut off, be it behind the last tensor. */
  fault?: string;
}

const magic = 0x1950a86a20f9469cfc6cn;
const deepest = 8;
const countBytes = 8;

/** Parts of a training checkpoint that hold no weights of the network. */
const notWeights = /optim|schedul|^loops$|^callbacks$/i;

/** Whether the bytes begin as `torch.save` did before version 1.6. */
export function isLegacyTorch(bytes: Uint8Array): boolean {
  const start = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
  return start.every((byte, i) => bytes[i] === byte);
}

/**
 * The tensors of a state_dict that `torch.save` wrote, as a zip archive or in the form before PyTorch 1.6, as float32.
 * Nothing in the file is run. Tensors inside nested dictionaries are named by their path: `state_dict.conv1.weight`;
 * states of optimisers and schedulers are left out.
 *
 * @throws RangeError when the file ends early, naming the first tensor that is not whole, or is malformed; TypeError
 *   naming whatever would have to be run, such as the class of a model that was saved as a whole
 *
 * Reference: torch/serialization.py and torch/_utils.py of https://github.com/pytorch/pytorch
 */
export function readTorch(bytes: Uint8Array): Map<string, Tensor> {
  const file = isLegacyTorch(bytes) ? openLegacy(bytes) : openArchive(bytes);
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of tensorsIn(file.value)) tensors.set(name, materialise(name, tensor, file));
  if (file.fault !== undefined) throw new RangeError(`pytorch: ${file.fault}`);
  if (tensors.size > 0) return tensors;
  throw new RangeError('pytorch: expected a state_dict, found no tensor in the file');
}

function openArchive(bytes: Uint8Array): TorchFile {
  const { entries, cut } = readZip(bytes);
  const pickle = [...entries].find(([name]) => name === 'data.pkl' || name.endsWith('/data.pkl'));
  if (!pickle) {
    const found = cut ? `truncated: ${cut.name} does not end in ${cut.foundBytes} bytes` : 'none';
    throw new RangeError(`pytorch: expected data.pkl in the archive, found ${found}`);
  }
  const root = pickle[0].slice(0, -'data.pkl'.length);
  const order = entries.get(`${root}byteorder`);
  return {
    value: unpickle(pickle[1], torchWorld).value,
    ...(cut && {
      fault: `truncated: expected ${cut.name} in the file, found the end after ${cut.foundBytes} bytes`,
    }),
    littleEndian: !order || new TextDecoder().decode(order).trim() !== 'big',
    bytesOf: (key, length) => {
      const storage = entries.get(`${root}data/${key}`);
      if (storage) return storage;
      if (!cut) throw new RangeError(`expected ${root}data/${key} in the archive, found none`);
      const needed =
        cut.name === `${root}data/${key}` ? cut.startByte + length : `more than ${cut.foundBytes}`;
      throw new RangeError(`truncated: expected ${needed} bytes in the file, found ${cut.foundBytes}`);
    },
  };
}

/** Three pickles about the format, the object, the keys of its storages, then these, each after its count. */
function openLegacy(bytes: Uint8Array): TorchFile {
  const header = unpickle(bytes, torchWorld);
  if (header.value !== magic)
    throw new RangeError('pytorch: expected the old form of torch.save, found another');
  const version = unpickle(bytes, torchWorld, header.end);
  const system = unpickle(bytes, torchWorld, version.end);
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown) => {
    const storage = storageOf(id);
    storages.set(storage.key, storage);
    return storage;
  };
  const object = unpickle(bytes, { ...torchWorld, persistent }, system.end);
  const keys = unpickle(bytes, torchWorld, object.end);
  const places = placesOf(keys.value, storages, keys.end);
  return {
    value: object.value,
    littleEndian: !(system.value instanceof Map) || system.value.get('little_endian') !== false,
    bytesOf: (key) => {
      const place = places.get(key);
      if (!place) throw new RangeError(`expected storage ${key} in the file, found none`);
      if (place.end <= bytes.length) return bytes.subarray(place.start, place.end);
      throw new RangeError(`truncated: expected ${place.end} bytes in the file, found ${bytes.length}`);
    },
  };
}

/** Where each storage lies, given their order and where they begin. */
function placesOf(
  keys: unknown,
  storages: ReadonlyMap<string, Storage>,
  from: number,
): Map<string, { start: number; end: number }> {
  const places = new Map<string, { start: number; end: number }>();
  let at = from;
  for (const key of Array.isArray(keys) ? (keys as unknown[]).map(String) : []) {
    const storage = storages.get(key);
    if (!storage) throw new RangeError(`pytorch: expected a tensor in storage ${key}, found none`);
    const start = at + countBytes;
    at = start + storage.count * storage.type.bytes;
    places.set(key, { start, end: at });
  }
  return places;
}

/** Every tensor in nested dictionaries with its path. A dictionary that is reached twice is walked once. */
function tensorsIn(value: unknown): Map<string, TorchTensor> {
  const found = new Map<string, TorchTensor>();
  const seen = new Set<unknown>();
  const walk = (item: unknown, path: readonly string[]) => {
    if (item instanceof TorchTensor) found.set(path.join('.'), item);
    if (!(item instanceof Map) || seen.has(item) || path.length > deepest) return;
    seen.add(item);
    for (const [key, child] of item as Map<unknown, unknown>) {
      if (!notWeights.test(String(key))) walk(child, [...path, String(key)]);
    }
  };
  walk(value, []);
  return found;
}
