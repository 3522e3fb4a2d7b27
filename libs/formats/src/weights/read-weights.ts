import { readSafetensors, type Tensor } from '../safetensors.js';
import { readHdf5 } from './hdf5.js';
import { kerasArchiveParts, readKerasArchive } from './keras-archive.js';
import { kerasNames } from './keras-names.js';
import { readTfjs, type ReadBeside } from './tfjs.js';
import { isLegacyTorch, readTorch } from './torch.js';

/** Forms of a file of weights. */
export const weightFormats = {
  safetensors: 'safetensors',
  hdf5: 'Keras HDF5',
  keras: 'Keras archive',
  torch: 'PyTorch state_dict',
  tfjs: 'TensorFlow.js model',
} as const;
export type WeightFormat = keyof typeof weightFormats;

/** Named tensors of a file, in float32. */
export interface WeightFile {
  format: WeightFormat;
  tensors: Map<string, Tensor>;
}

const signatures: readonly (readonly [WeightFormat, readonly number[]])[] = [
  ['hdf5', [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]],
];

const brace = 0x7b;

/** What is met in place of weights, by how it begins. */
const impostors: readonly (readonly [RegExp, string])[] = [
  [/^\s*(<!doctype html|<html)/i, 'a web page, as a download that asks for a confirmation leaves behind'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS, whose content was not fetched'],
  [/^\x1f\x8b/, 'a gzip archive, to be unpacked first'],
];

/**
 * Reads a file of weights of any form, told by its content. Nothing in the file is run.
 *
 * Tensors of Keras are called `layer/variable` where the file names its layers, and keep the path `layers/conv2d_1/vars/0`
 * where it does not; those of the others keep their own names.
 *
 * @param bytes of the file; of `model.json` for TensorFlow.js
 * @param readBeside reads what lies beside the file
 * @throws RangeError when the file is of no known form, damaged, or ends early: the message names the tensor, what it
 *   needs and what is there; TypeError for what cannot be read, such as other types of numbers or pickled code
 */
export async function readWeights(bytes: Uint8Array, readBeside: ReadBeside): Promise<WeightFile> {
  const format = weightFormatOf(bytes);
  return { format, tensors: await readers[format](bytes, readBeside) };
}

/** @throws RangeError when the bytes begin like no file of weights */
export function weightFormatOf(bytes: Uint8Array): WeightFormat {
  const known = signatures.find(([, start]) => start.every((byte, i) => bytes[i] === byte));
  if (known) return known[0];
  if (isLegacyTorch(bytes)) return 'torch';
  if (isZip(bytes)) return zipFormatOf(bytes);
  if (beginsAsSafetensors(bytes)) return 'safetensors';
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 4096));
  if (start.trimStart().startsWith('{')) return 'tfjs';
  const impostor = impostors.find(([pattern]) => pattern.test(start));
  throw new RangeError(`expected ${listOfFormats()}, found ${impostor?.[1] ?? firstBytes(bytes)}`);
}

/** Whether a file begins with the length of a header of less than 4 GB, then the header; text holds no zeros. */
export function beginsAsSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === brace && bytes.subarray(4, 8).every((byte) => byte === 0);
}

const readers: Record<
  WeightFormat,
  (bytes: Uint8Array, readBeside: ReadBeside) => Promise<Map<string, Tensor>>
> = {
  safetensors: (bytes) => Promise.resolve(readSafetensors(bytes).tensors),
  hdf5: async (bytes) => kerasNames(await readHdf5(bytes)),
  keras: readKerasArchive,
  torch: (bytes) => Promise.resolve(readTorch(bytes)),
  tfjs: readTfjs,
};

function isZip(bytes: Uint8Array): boolean {
  return [0x50, 0x4b, 0x03, 0x04].every((byte, i) => bytes[i] === byte);
}

/** By the name of the first entry: `metadata.json` or `config.json` of Keras, else a folder of PyTorch's. */
function zipFormatOf(bytes: Uint8Array): WeightFormat {
  const nameBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint16(26, true);
  const first = new TextDecoder().decode(bytes.subarray(30, 30 + nameBytes));
  const ofKeras = ['metadata.json', ...Object.values(kerasArchiveParts)];
  return ofKeras.includes(first) ? 'keras' : 'torch';
}

function listOfFormats(): string {
  const names = Object.values(weightFormats);
  return `a file of weights (${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''})`;
}

/** A file of no known form, by how it begins. */
export function firstBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const hex = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `one that begins with the bytes ${hex.join(' ')}`;
}
