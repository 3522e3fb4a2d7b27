import { bfloatToFloat, halfToFloat } from './half.js';

/** A tensor in row-major order. */
export interface Tensor {
  shape: number[];
  data: Float32Array;
}

/** What a safetensors file holds. */
export interface TensorFile {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

interface ElementType {
  bytes: number;
  read(view: DataView, offset: number): number;
}

interface Entry {
  name: string;
  type: ElementType;
  shape: number[];
  begin: number;
  end: number;
}

const headerLimitBytes = 100_000_000;

const elementTypes = new Map<string, ElementType>([
  ['F64', { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
  ['F32', { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  ['F16', { bytes: 2, read: (view, at) => halfToFloat(view.getUint16(at, true)) }],
  ['BF16', { bytes: 2, read: (view, at) => bfloatToFloat(view.getUint16(at, true)) }],
]);

/**
 * Writes float32 tensors as a safetensors file. The bytes depend on the content only: names and metadata keys
 * are sorted by code unit, the data begin at a multiple of 8.
 *
 * @throws RangeError when a tensor's data do not fill its shape, or its name is the reserved `__metadata__`
 *
 * Reference: https://github.com/huggingface/safetensors#format
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(byKey);
  const fields: [string, unknown][] = [
    ['__metadata__', Object.fromEntries(Object.entries(metadata).sort(byKey))],
  ];
  let offset = 0;
  for (const [name, { shape, data }] of sorted) {
    checkTensor(name, shape, data);
    fields.push([name, { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const header = encodeHeader(fields);
  const bytes = new Uint8Array(8 + header.length + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let at = 8 + header.length;
  for (const [, { data }] of sorted) {
    for (let i = 0; i < data.length; i++, at += 4) view.setFloat32(at, data[i] as number, true);
  }
  return bytes;
}

/**
 * Reads a safetensors file; F16, BF16 and F64 become float32.
 *
 * @throws RangeError for a header that is malformed or over 100 MB, for offsets that overlap, leave holes or do
 *   not fit the shape, and for a file that ends early (the message names the tensor, what it needs, what is there);
 *   TypeError for a tensor of another type
 */
export function readSafetensors(bytes: Uint8Array): TensorFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataStart = headerEnd(view);
  const { entries, metadata } = parseHeader(bytes.subarray(8, dataStart));
  checkLayout(entries, bytes.byteLength - dataStart);
  const tensors = new Map<string, Tensor>();
  for (const entry of entries.sort((a, b) => byKey([a.name], [b.name]))) {
    tensors.set(entry.name, { shape: entry.shape, data: readData(view, dataStart, entry) });
  }
  return { tensors, metadata };
}

function byKey([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function checkTensor(name: string, shape: readonly number[], data: Float32Array): void {
  const count = shape.reduce((product, length) => product * length, 1);
  if (name === '__metadata__') throw new RangeError('safetensors: the name __metadata__ is reserved');
  if (count !== data.length) {
    throw new RangeError(
      `safetensors: "${name}" of shape [${shape.join(', ')}] needs ${count} numbers, found ${data.length}`,
    );
  }
}

/** JSON padded with spaces to a multiple of 8. Built by hand because object keys like "1" would be reordered. */
function encodeHeader(fields: readonly [string, unknown][]): Uint8Array {
  const body = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  const json = new TextEncoder().encode(`{${body}}`);
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  return padded;
}

function headerEnd(view: DataView): number {
  if (view.byteLength < 8) {
    throw new RangeError(`safetensors: expected at least 8 bytes, found ${view.byteLength}`);
  }
  const length = Number(view.getBigUint64(0, true));
  if (length > headerLimitBytes) {
    throw new RangeError(
      `safetensors: expected a header of at most ${headerLimitBytes} bytes, found ${length}`,
    );
  }
  if (8 + length > view.byteLength) {
    throw new RangeError(`safetensors: the header needs ${length} bytes, found ${view.byteLength - 8}`);
  }
  return 8 + length;
}

function parseHeader(json: Uint8Array): { entries: Entry[]; metadata: Record<string, string> } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    throw new RangeError('safetensors: expected a header in JSON', { cause });
  }
  if (!isRecord(header)) throw new RangeError('safetensors: expected a header that is an object');
  const { __metadata__: metadata = {}, ...fields } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new RangeError('safetensors: expected __metadata__ to map strings to strings');
  }
  const entries = Object.entries(fields).map(([name, field]) => parseEntry(name, field));
  return { entries, metadata: metadata as Record<string, string> };
}

function parseEntry(name: string, field: unknown): Entry {
  if (!isRecord(field)) throw new RangeError(`safetensors: "${name}" has no description`);
  const { dtype, shape, data_offsets: offsets } = field;
  const type = typeof dtype === 'string' ? elementTypes.get(dtype) : undefined;
  if (!type) {
    const known = [...elementTypes.keys()].join(', ');
    throw new TypeError(`safetensors: "${name}" should be one of ${known}, found ${String(dtype)}`);
  }
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    const found = JSON.stringify(field);
    throw new RangeError(`safetensors: "${name}" needs a shape and two data_offsets, found ${found}`);
  }
  return { name, type, shape, begin: offsets[0] as number, end: offsets[1] as number };
}

/** Every tensor as long as its shape says, one after the other without hole or overlap, up to the file's end. */
function checkLayout(entries: readonly Entry[], dataBytes: number): void {
  let expected = 0;
  for (const { name, type, shape, begin, end } of [...entries].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    const size = shape.reduce((product, length) => product * length, type.bytes);
    if (begin !== expected || end !== begin + size) {
      const range = `bytes ${expected} to ${expected + size}`;
      throw new RangeError(
        `safetensors: "${name}" should hold ${range}, its data_offsets say ${begin} to ${end}`,
      );
    }
    if (end > dataBytes) {
      throw new RangeError(
        `safetensors: truncated: "${name}" needs data up to byte ${end}, found ${dataBytes}`,
      );
    }
    expected = end;
  }
  if (expected !== dataBytes) {
    throw new RangeError(`safetensors: the tensors end at byte ${expected}, the data at ${dataBytes}`);
  }
}

function readData(view: DataView, dataStart: number, { type, begin, end }: Entry): Float32Array {
  const data = new Float32Array((end - begin) / type.bytes);
  for (let i = 0; i < data.length; i++) data[i] = type.read(view, dataStart + begin + i * type.bytes);
  return data;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
