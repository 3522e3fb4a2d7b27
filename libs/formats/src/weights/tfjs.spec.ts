import { describe, expect, it } from 'vitest';
import { readTfjs } from './tfjs.js';

const model = (weights: object[], paths = ['group1-shard1of2.bin', 'group1-shard2of2.bin']) =>
  new TextEncoder().encode(JSON.stringify({ format: 'layers-model', weightsManifest: [{ paths, weights }] }));
const kernel = { name: 'conv1_conv/kernel', shape: [2], dtype: 'float32' };
const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);
const shards = (...parts: Uint8Array[]) => {
  const rest = [...parts];
  return () => Promise.resolve(rest.shift() ?? new Uint8Array());
};

describe('readTfjs', () => {
  it('reads a tensor that spans two shards', async () => {
    const asked: string[] = [];
    const parts = shards(floats.subarray(0, 6), floats.subarray(6));
    const tensors = await readTfjs(model([kernel]), (name) => {
      asked.push(name);
      return parts();
    });
    expect(tensors).toEqual(new Map([['conv1_conv/kernel', { shape: [2], data: Float32Array.of(1.5, -2) }]]));
    expect(asked).toEqual(['group1-shard1of2.bin', 'group1-shard2of2.bin']);
  });

  it('brings quantised weights back', async () => {
    const quantised = {
      ...kernel,
      quantization: { dtype: 'uint8', min: -1, scale: 0.5, original_dtype: 'float32' },
    };
    const half = { ...kernel, name: 'half', quantization: { dtype: 'float16', original_dtype: 'float32' } };
    const bytes = Uint8Array.of(0, 4, 0x00, 0x3c, 0x00, 0xc0);
    const tensors = await readTfjs(model([quantised, half], ['one.bin']), shards(bytes));
    expect(tensors.get('conv1_conv/kernel')?.data).toEqual(Float32Array.of(-1, 1));
    expect(tensors.get('half')?.data).toEqual(Float32Array.of(1, -2));
  });

  it.each([
    [
      'the only one',
      ['a.bin'],
      [8],
      '"conv1_conv/bias": expected bytes 8 to 16 of its shards, found a.bin to end at byte 8',
    ],
    ['the last', ['a.bin', 'b.bin'], [12, 3], 'found b.bin to end at byte 15'],
    [
      'the first',
      ['a.bin', 'b.bin', 'c.bin'],
      [2, 6, 4],
      '"conv1_conv/kernel": expected bytes 0 to 8 of its shards, found a.bin to end at byte 2',
    ],
    ['none', [], [], '"conv1_conv/kernel": expected bytes 0 to 8 of its shards, found no shards'],
  ])(
    'names the shard that is cut and the first tensor that is not whole: %s',
    async (_, paths, sizes, message) => {
      const bias = { ...kernel, name: 'conv1_conv/bias' };
      const parts = sizes.map((size) => new Uint8Array(size));
      const reading = readTfjs(model([kernel, bias], paths), shards(...parts));
      await expect(reading).rejects.toThrow(message);
      await expect(reading).rejects.toBeInstanceOf(RangeError);
    },
  );

  it.each([['../../secrets'], ['/etc/passwd'], ['http://elsewhere/shard'], ['C:\\shard']])(
    'reads nothing but what lies beside the model: %s',
    async (path) => {
      await expect(readTfjs(model([kernel], [path]), shards())).rejects.toThrow(/shards beside model\.json/);
    },
  );

  it('refuses other numbers and other files', async () => {
    await expect(readTfjs(model([{ ...kernel, dtype: 'string' }]), shards())).rejects.toThrow(
      '"conv1_conv/kernel": expected numbers, found string',
    );
    await expect(readTfjs(new TextEncoder().encode('{"a": 1}'), shards())).rejects.toThrow(/weightsManifest/);
    await expect(readTfjs(new TextEncoder().encode('{"a"'), shards())).rejects.toThrow(/found no JSON/);
  });
});
