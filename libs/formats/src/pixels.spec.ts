import { describe, expect, it } from 'vitest';
import { encodePixels, imagesPerChunk, openPixels } from './pixels.js';
import { openZarrArray, writeZarrArray } from './zarr.js';

const imageSize = 400; // two images a chunk
const imageBytes = imageSize * imageSize * 3;

/** Image i holds i, i + 1, … modulo 251, so that each is told from the others. */
function image(i: number): Uint8Array {
  const pixels = new Uint8Array(imageBytes);
  for (let at = 0; at < imageBytes; at++) pixels[at] = (i * 7 + at) % 251;
  return pixels;
}

async function* blocks(images: number): AsyncGenerator<Uint8Array> {
  const size = imagesPerChunk(imageSize);
  for (let start = 0; start < images; start += size) {
    const block = Array.from({ length: Math.min(size, images - start) }, (_, i) => image(start + i));
    yield Promise.resolve(new Uint8Array(Buffer.concat(block)));
  }
}

async function collect(files: AsyncIterable<[string, Uint8Array]>): Promise<Map<string, Uint8Array>> {
  const collected = new Map<string, Uint8Array>();
  for await (const [path, bytes] of files) collected.set(path, bytes);
  return collected;
}

const encode = (images: number) => collect(encodePixels({ images, imageSize }, blocks(images)));

const reader =
  (files: Map<string, Uint8Array>, reads: string[] = []) =>
  (path: string) => {
    reads.push(path);
    return Promise.resolve(files.get(path));
  };

describe('pixels', () => {
  it('gives back the images that are asked for, in that order, across chunks', async () => {
    const pixels = await openPixels(reader(await encode(5)));
    expect(pixels).toMatchObject({ images: 5, imageSize });
    const order = [4, 0, 1, 2, 0];
    const expected = Buffer.concat(order.map(image));
    expect(expected.equals(await pixels.read(order))).toBe(true);
  });

  it('writes an array that any reader of Zarr opens', async () => {
    const files = await encode(3);
    expect([...files.keys()]).toEqual(['c/0/0/0/0', 'c/1/0/0/0', 'zarr.json']);
    const array = await openZarrArray(reader(files));
    expect(array.shape).toEqual([3, imageSize, imageSize, 3]);
    expect(array.dimensionNames).toEqual(['image', 'height', 'width', 'channel']);
    const last = await array.read({ start: 2, end: 3 });
    expect(Buffer.from(image(2)).equals(last as Uint8Array)).toBe(true);
  });

  it('reads a chunk once as long as it is kept, and again after it was dropped', async () => {
    const files = await encode(5);
    const reads: string[] = [];
    const pixels = await openPixels(reader(files, reads));
    await pixels.read([0, 1, 2]);
    await pixels.read([1, 3]);
    expect(reads).toEqual(['zarr.json', 'c/0/0/0/0', 'c/1/0/0/0']);
    const small = await openPixels(reader(files, reads), { cacheBytes: 2 ** 20 });
    reads.length = 0;
    await small.read([0]);
    await small.read([2]);
    await small.read([0]);
    expect(reads).toEqual(['c/0/0/0/0', 'c/1/0/0/0', 'c/0/0/0/0']);
  });

  it('asks again for a chunk that could not be read', async () => {
    const files = await encode(1);
    const chunk = files.get('c/0/0/0/0')!;
    const pixels = await openPixels(reader(files));
    files.delete('c/0/0/0/0');
    await expect(pixels.read([0])).rejects.toThrow('expected the chunk c/0/0/0/0');
    files.set('c/0/0/0/0', chunk);
    expect(Buffer.from(image(0)).equals(await pixels.read([0]))).toBe(true);
  });

  it('refuses numbers that are no image', async () => {
    const pixels = await openPixels(reader(await encode(2)));
    for (const index of [-1, 2, 0.5]) {
      await expect(pixels.read([index])).rejects.toThrow(`expected an image of 0 to 1, found ${index}`);
    }
  });

  it('refuses blocks that do not fill the shape', async () => {
    const files = encodePixels({ images: 3, imageSize }, blocks(2));
    await expect(collect(files)).rejects.toThrow('expected 3 images, found 2');
  });

  it('refuses an array of something else', async () => {
    const files = await writeZarrArray({
      shape: [1, 2, 3, 3],
      chunkShape: [1, 2, 3, 3],
      dataType: 'uint8',
      data: new Uint8Array(18),
    });
    await expect(openPixels(reader(files))).rejects.toThrow('found uint8 of shape [1, 2, 3, 3]');
  });
});
