import { create, defineArrayExtension, get, open, set, slice } from 'zarrita';
import { floatToHalf, halfToFloat } from './half.js';

/** Element types of the arrays we keep. */
export type ZarrType = 'float32' | 'float16' | 'uint8';

/** An array to be written, in row-major order; float16 is given, and read back, as float32. */
export interface ZarrContent {
  shape: number[];
  /** Elements of one chunk along each axis; edge chunks are padded with zeros, as the format wants. */
  chunkShape: number[];
  dataType: ZarrType;
  /** Uint8Array for uint8, else Float32Array. */
  data: Float32Array | Uint8Array;
  attributes?: Record<string, unknown>;
  dimensionNames?: string[];
}

/** Rows `start` up to but not including `end`, along the first axis. */
export interface RowRange {
  start: number;
  end: number;
}

/** An array whose description has been read, and whose chunks are read as they are asked for. */
export interface ZarrArray {
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly dataType: ZarrType;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly dimensionNames: readonly string[] | undefined;
  /**
   * All rows, or a range of them; only chunks that overlap it are fetched and decoded.
   *
   * @returns Uint8Array for uint8, else Float32Array
   * @throws RangeError for a range outside the array and for a chunk that is missing or of the wrong length
   */
  read(rows?: RowRange): Promise<Float32Array | Uint8Array>;
}

const metadataPath = 'zarr.json';

/** zstd is zarrita's one compressor that also encodes; it is WebAssembly, so the bytes are the same everywhere. */
const codecs = [
  { name: 'bytes', configuration: { endian: 'little' } },
  { name: 'zstd', configuration: { level: 1, checksum: true } },
];

/**
 * Encodes an array as Zarr v3, each chunk compressed by zstd.
 *
 * @returns relative path → bytes, sorted by path: `c/0/0`, `c/0/1`, …, `zarr.json`; chunks of zeros are there too
 * @throws RangeError when shape, chunk shape and data do not fit together, or a number overflows float16;
 *   TypeError when the data are not what the type asks for
 *
 * Reference: https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
 */
export async function writeZarrArray(content: ZarrContent): Promise<Map<string, Uint8Array>> {
  checkContent(content);
  const { shape, chunkShape, dataType, attributes = {}, dimensionNames } = content;
  const files = new Map<string, Uint8Array>();
  const store = {
    get: (key: string) => Promise.resolve(files.get(key.slice(1))),
    set: (key: string, bytes: Uint8Array) => Promise.resolve(void files.set(key.slice(1), bytes)),
  };
  const array = await create(store, {
    shape,
    chunkShape,
    dtype: storedType(dataType),
    codecs,
    fillValue: 0,
    attributes,
    ...(dimensionNames && { dimensionNames }),
  });
  if (content.data.length > 0) {
    await set(array, null, { data: toStored(content), shape, stride: rowMajorStrides(shape) });
  }
  files.set(metadataPath, withDataType(parseJson(files.get(metadataPath)), dataType));
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Opens a Zarr v3 array of type float32, float16 or uint8 that holds all its chunks.
 *
 * @param read the bytes at a relative path, undefined when there are none
 * @throws RangeError when `zarr.json` is missing or no JSON; TypeError when it describes something else
 */
export async function openZarrArray(
  read: (path: string) => Promise<Uint8Array | undefined>,
): Promise<ZarrArray> {
  const metadata = parseJson(await read(metadataPath));
  const dataType = describedType(metadata);
  const array = wholeChunks(await open.v3({ get: (key) => storedBytes(key.slice(1)) }, { kind: 'array' }));

  async function storedBytes(path: string): Promise<Uint8Array> {
    if (path === metadataPath) return withDataType(metadata, storedType(dataType));
    const bytes = await read(path);
    if (!bytes) throw new RangeError(`Zarr: expected the chunk ${path}, found nothing`);
    return bytes;
  }

  return {
    shape: array.shape,
    chunkShape: array.chunks,
    dataType,
    attributes: array.attrs,
    dimensionNames: array.dimensionNames,
    async read(rows = { start: 0, end: array.shape[0] ?? 0 }) {
      checkRows(rows, array.shape);
      const [, ...rest] = array.shape;
      if (rows.start === rows.end || rest.includes(0)) return fromStored([], dataType);
      const { data } = await get(array, [slice(rows.start, rows.end), ...rest.map(() => null)]);
      return fromStored(data as Float32Array | Uint8Array | Uint16Array, dataType);
    },
  };
}

/** Node before 24 has no Float16Array, which zarrita needs; the same bytes are uint16 to it. */
function storedType(dataType: ZarrType): 'float32' | 'uint16' | 'uint8' {
  return dataType === 'float16' ? 'uint16' : dataType;
}

function toStored({ data, dataType }: ZarrContent): Float32Array | Uint8Array | Uint16Array {
  if (dataType !== 'float16') return data;
  return Uint16Array.from(data, (value, i) => {
    const half = floatToHalf(value);
    if ((half & 0x7fff) === 0x7c00 && Number.isFinite(value)) {
      throw new RangeError(`Zarr: expected float16, at most 65504, found ${value} at element ${i}`);
    }
    return half;
  });
}

function fromStored(data: ArrayLike<number>, dataType: ZarrType): Float32Array | Uint8Array {
  if (dataType === 'float16') return Float32Array.from(data, halfToFloat);
  if (dataType === 'uint8') return data instanceof Uint8Array ? data : Uint8Array.from(data);
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** zarrita leaves zeros where a decoded chunk is too short; here that is an error. */
const wholeChunks = defineArrayExtension((array) => ({
  async getChunk(...request: Parameters<typeof array.getChunk>) {
    const chunk = await array.getChunk(...request);
    const expected = array.chunks.reduce((product, length) => product * length, 1);
    const { length } = chunk.data as ArrayLike<unknown>;
    if (length !== expected) {
      const name = request[0].join('/');
      throw new RangeError(`Zarr: chunk ${name} should hold ${expected} elements, found ${length}`);
    }
    return chunk;
  },
}));

function checkContent({ shape, chunkShape, dataType, data, dimensionNames }: ZarrContent): void {
  const count = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 0 || data.length !== count) {
    throw new RangeError(`Zarr: shape [${shape.join(', ')}] needs ${count} elements, found ${data.length}`);
  }
  if (chunkShape.length !== shape.length || !chunkShape.every((n) => Number.isInteger(n) && n > 0)) {
    const found = `[${chunkShape.join(', ')}]`;
    throw new RangeError(`Zarr: expected a chunk shape of ${shape.length} positive integers, found ${found}`);
  }
  if (dimensionNames && dimensionNames.length !== shape.length) {
    throw new RangeError(`Zarr: expected ${shape.length} dimension names, found ${dimensionNames.length}`);
  }
  if ((dataType === 'uint8') !== data instanceof Uint8Array) {
    throw new TypeError(`Zarr: expected data for ${dataType}, found ${data.constructor.name}`);
  }
}

function checkRows({ start, end }: RowRange, shape: readonly number[]): void {
  const rows = shape[0] ?? 0;
  if (!(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= rows)) {
    throw new RangeError(`Zarr: expected rows within 0 to ${rows}, found ${start} to ${end}`);
  }
}

function describedType(metadata: Record<string, unknown>): ZarrType {
  const { zarr_format: format, node_type: node, data_type: type } = metadata;
  if (format !== 3 || node !== 'array' || (type !== 'float32' && type !== 'float16' && type !== 'uint8')) {
    const found = JSON.stringify({ format, node, type });
    throw new TypeError(`Zarr: expected a version 3 array of float32, float16 or uint8, found ${found}`);
  }
  return type;
}

function parseJson(bytes: Uint8Array | undefined): Record<string, unknown> {
  if (!bytes) throw new RangeError(`Zarr: expected ${metadataPath}, found nothing`);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch (cause) {
    throw new RangeError(`Zarr: expected JSON in ${metadataPath}`, { cause });
  }
}

function withDataType(metadata: Record<string, unknown>, dataType: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ ...metadata, data_type: dataType }, null, 2));
}

function rowMajorStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
}
