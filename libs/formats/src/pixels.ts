import { openZarrArray, writeZarrArray } from './zarr.js';

/** Decoded images, n × imageSize × imageSize × 3, red, green, blue, 0 to 255. */
export interface Pixels {
  readonly images: number;
  readonly imageSize: number;
  /** @returns the images with these numbers, in that order @throws RangeError for a number that is none */
  read(indices: readonly number[]): Promise<Uint8Array>;
}

export interface PixelShape {
  readonly images: number;
  /** Side in pixels. */
  readonly imageSize: number;
}

const chunkBytes = 2 ** 20;
const defaultCacheBytes = 2 ** 30;

/** Images in one chunk: as many as fill a mebibyte, which a reader of one image has to decode. */
export function imagesPerChunk(imageSize: number): number {
  return Math.max(1, Math.floor(chunkBytes / bytesOfImage(imageSize)));
}

/**
 * Encodes images as a Zarr v3 array of uint8, chunk by chunk, so that any number of them fits in memory.
 *
 * @param blocks of `imagesPerChunk` images each, the last one of those that remain
 * @returns relative path and bytes of one file after the other, `zarr.json` last
 * @throws RangeError when the blocks do not fill the shape
 */
export async function* encodePixels(
  { images, imageSize }: PixelShape,
  blocks: AsyncIterable<Uint8Array>,
): AsyncGenerator<[path: string, bytes: Uint8Array]> {
  const chunkShape = [imagesPerChunk(imageSize), imageSize, imageSize, 3];
  const dimensionNames = ['image', 'height', 'width', 'channel'];
  let [done, chunk] = [0, 0];
  for await (const data of blocks) {
    const count = Math.min(chunkShape[0] as number, images - done);
    const shape = [count, imageSize, imageSize, 3];
    const files = await writeZarrArray({ shape, chunkShape, dataType: 'uint8', data, dimensionNames });
    yield [`c/${chunk}/0/0/0`, files.get('c/0/0/0/0') as Uint8Array];
    done += count;
    chunk++;
    if (done === images) yield ['zarr.json', describing(files.get('zarr.json') as Uint8Array, images)];
  }
  if (done !== images) throw new RangeError(`pixels: expected ${images} images, found ${done}`);
}

/**
 * Opens what `encodePixels` wrote. Decoded chunks are kept, the least recently used dropped first, because training
 * reads all images in a new order every epoch.
 *
 * @param read the bytes at a relative path, undefined when there are none
 * @param options `cacheBytes`: how much decoded data is kept, 1 GiB unless told
 * @throws TypeError when the array is not one of square RGB images; RangeError as `openZarrArray`
 */
export async function openPixels(
  read: (path: string) => Promise<Uint8Array | undefined>,
  { cacheBytes = defaultCacheBytes }: { cacheBytes?: number } = {},
): Promise<Pixels> {
  const array = await openZarrArray(read);
  const [images = 0, imageSize = 0, width, channels] = array.shape;
  if (array.dataType !== 'uint8' || array.shape.length !== 4 || imageSize !== width || channels !== 3) {
    const found = `${array.dataType} of shape [${array.shape.join(', ')}]`;
    throw new TypeError(`pixels: expected uint8, n × size × size × 3, found ${found}`);
  }
  const perChunk = array.chunkShape[0] as number;
  const imageBytes = bytesOfImage(imageSize);
  const chunkOf = cached(Math.floor(cacheBytes / (perChunk * imageBytes)), async (chunk) => {
    const start = chunk * perChunk;
    return (await array.read({ start, end: Math.min(start + perChunk, images) })) as Uint8Array;
  });

  async function copyImage(index: number, target: Uint8Array): Promise<void> {
    const chunk = Math.floor(index / perChunk);
    const from = (index - chunk * perChunk) * imageBytes;
    target.set((await chunkOf(chunk)).subarray(from, from + imageBytes));
  }

  return {
    images,
    imageSize,
    async read(indices) {
      const wrong = indices.find((i) => !Number.isInteger(i) || i < 0 || i >= images);
      if (wrong !== undefined)
        throw new RangeError(`pixels: expected an image of 0 to ${images - 1}, found ${wrong}`);
      const out = new Uint8Array(indices.length * imageBytes);
      await Promise.all(
        indices.map((index, i) => copyImage(index, out.subarray(i * imageBytes, (i + 1) * imageBytes))),
      );
      return out;
    },
  };
}

function bytesOfImage(imageSize: number): number {
  return imageSize * imageSize * 3;
}

/** The array's description, which the writer of one chunk made for that chunk alone. */
function describing(metadata: Uint8Array, images: number): Uint8Array {
  const parsed = JSON.parse(new TextDecoder().decode(metadata)) as { shape: number[] };
  const shape = [images, ...parsed.shape.slice(1)];
  return new TextEncoder().encode(JSON.stringify({ ...parsed, shape }, null, 2));
}

/** Remembers what was loaded last, at most `limit` of it; two who ask at once share one load. */
function cached(
  limit: number,
  load: (key: number) => Promise<Uint8Array>,
): (key: number) => Promise<Uint8Array> {
  const recent = new Map<number, Promise<Uint8Array>>();
  return (key) => {
    const found = recent.get(key);
    recent.delete(key);
    const value = found ?? load(key);
    recent.set(key, value);
    if (!found) value.catch(() => recent.get(key) === value && recent.delete(key));
    const oldest = recent.keys().next();
    if (recent.size > Math.max(1, limit) && !oldest.done) recent.delete(oldest.value);
    return value;
  };
}
