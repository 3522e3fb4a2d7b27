import { halfToFloat } from './half.js';

/** What an element of an npy file may be; the numbers are kept as Float32Array where that is exact. */
export type NpyType =
  | 'float16'
  | 'float32'
  | 'float64'
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64';

/** An array as it stood in an npy file, always in C order (last index fastest). */
export interface NpyArray {
  shape: number[];
  /** What the file held, before it became float32 or float64. */
  dtype: NpyType;
  data: Float32Array | Float64Array;
}

interface ElementType {
  dtype: NpyType;
  bytes: number;
  wide: boolean;
  read(view: DataView, offset: number, littleEndian: boolean): number;
}

interface Header {
  descr: string;
  fortranOrder: boolean;
  shape: number[];
}

const element = (dtype: NpyType, bytes: number, wide: boolean, read: ElementType['read']): ElementType => ({
  dtype,
  bytes,
  wide,
  read,
});

const elementTypes = new Map<string, ElementType>([
  ['f2', element('float16', 2, false, (view, at, little) => halfToFloat(view.getUint16(at, little)))],
  ['f4', element('float32', 4, false, (view, at, little) => view.getFloat32(at, little))],
  ['f8', element('float64', 8, true, (view, at, little) => view.getFloat64(at, little))],
  ['b1', element('bool', 1, false, (view, at) => view.getUint8(at))],
  ['i1', element('int8', 1, false, (view, at) => view.getInt8(at))],
  ['u1', element('uint8', 1, false, (view, at) => view.getUint8(at))],
  ['i2', element('int16', 2, false, (view, at, little) => view.getInt16(at, little))],
  ['u2', element('uint16', 2, false, (view, at, little) => view.getUint16(at, little))],
  ['i4', element('int32', 4, true, (view, at, little) => view.getInt32(at, little))],
  ['u4', element('uint32', 4, true, (view, at, little) => view.getUint32(at, little))],
  ['i8', element('int64', 8, true, (view, at, little) => exact(view.getBigInt64(at, little)))],
  ['u8', element('uint64', 8, true, (view, at, little) => exact(view.getBigUint64(at, little)))],
]);

/**
 * Reads one array from the bytes of an npy file, versions 1 to 3, of either byte order and memory order.
 *
 * @returns float16, float32, bool and integers up to 16 bits as Float32Array, the rest as Float64Array
 * @throws RangeError for a wrong magic string, a malformed header, missing or surplus bytes, or a 64-bit
 *   integer beyond ±2⁵³; TypeError for elements that are no real numbers (object, complex, string, record)
 *
 * Reference: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [headerStart, dataStart] = headerRange(view);
  const header = new TextDecoder().decode(bytes.subarray(headerStart, dataStart));
  const { descr, fortranOrder, shape } = parseHeader(header);
  const type = elementType(descr);
  const count = shape.reduce((product, length) => product * length, 1);
  const found = bytes.byteLength - dataStart;
  if (found !== count * type.bytes) {
    const what = `shape (${shape.join(', ')}) of ${type.dtype}`;
    throw new RangeError(`npy: ${what} needs ${count * type.bytes} bytes of data, found ${found}`);
  }
  const data = type.wide ? new Float64Array(count) : new Float32Array(count);
  const littleEndian = !descr.startsWith('>');
  for (let i = 0; i < count; i++) data[i] = type.read(view, dataStart + i * type.bytes, littleEndian);
  return { shape, dtype: type.dtype, data: fortranOrder ? toRowMajor(data, shape) : data };
}

/**
 * Writes an array as an npy file (version 1, little endian, C order), byte for byte as `numpy.save` does.
 *
 * @throws RangeError when the data do not fill the shape
 */
export function writeNpy(array: { shape: readonly number[]; data: Float32Array | Float64Array }): Uint8Array {
  const { shape, data } = array;
  const count = shape.reduce((product, length) => product * length, 1);
  if (count !== data.length) {
    throw new RangeError(`npy: shape (${shape.join(', ')}) needs ${count} numbers, found ${data.length}`);
  }
  const wide = data instanceof Float64Array;
  const dims = shape.length === 1 ? `${shape.join('')},` : shape.join(', ');
  const header = `{'descr': '<f${wide ? 8 : 4}', 'fortran_order': False, 'shape': (${dims}), }`;
  const headerLength = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + headerLength + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, headerLength & 0xff, headerLength >> 8]);
  bytes.set(new TextEncoder().encode(`${header.padEnd(headerLength - 1)}\n`), 10);
  const view = new DataView(bytes.buffer, 10 + headerLength);
  if (wide) data.forEach((value, i) => view.setFloat64(i * 8, value, true));
  else data.forEach((value, i) => view.setFloat32(i * 4, value, true));
  return bytes;
}

function headerRange(view: DataView): [start: number, end: number] {
  if (view.byteLength < 10 || view.getUint32(0) !== 0x934e554d || view.getUint16(4) !== 0x5059) {
    throw new RangeError(`npy: expected the magic string \\x93NUMPY, found ${view.byteLength} other bytes`);
  }
  const version = view.getUint8(6);
  if (version < 1 || version > 3) throw new RangeError(`npy: expected version 1, 2 or 3, found ${version}`);
  if (version > 1 && view.byteLength < 12) throw new RangeError('npy: truncated before the header length');
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > view.byteLength) {
    throw new RangeError(`npy: the header ends at byte ${end}, the file at ${view.byteLength}`);
  }
  return [start, end];
}

/** Reads the Python dictionary literal of a header. */
function parseHeader(text: string): Header {
  const descr = /'descr':\s*(?:'([^']*)'|(\[.*?\]|\(.*?\)))\s*,\s*'fortran_order'/s.exec(text);
  const order = /'fortran_order':\s*(True|False)/.exec(text);
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text);
  if (!descr || !order || !shape) {
    throw new RangeError(`npy: expected a header with descr, fortran_order and shape, found ${text.trim()}`);
  }
  const dims = (shape[1] ?? '').split(',').map((dim) => dim.trim().replace(/L$/, ''));
  return {
    descr: descr[1] ?? descr[2] ?? '',
    fortranOrder: order[1] === 'True',
    shape: dims.filter((dim) => dim !== '').map(Number),
  };
}

function elementType(descr: string): ElementType {
  const type = /^[<>|=]/.test(descr) ? elementTypes.get(descr.slice(1)) : undefined;
  if (!type) throw new TypeError(`npy: expected real numbers (f2, f4, f8, b1, i*, u*), found ${descr}`);
  return type;
}

function exact(value: bigint): number {
  if (BigInt(Number(value)) !== value) {
    throw new RangeError(`npy: the integer ${value.toString()} has no exact float64`);
  }
  return Number(value);
}

function toRowMajor<T extends Float32Array | Float64Array>(data: T, shape: readonly number[]): T {
  const out = data.slice() as T;
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  for (let i = 0; i < out.length; i++) {
    out[i] = data[index.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0)] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return out;
}
