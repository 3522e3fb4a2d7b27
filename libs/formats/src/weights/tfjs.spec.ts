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
    const quantised = { ...kernel, quantization: { dtype: 'uint8', scale: 0.5, min: -1 } };
    const half = { ...kernel, name: 'half', quantization: { dtype: 'float16' } };
    const bytes = Uint8Array.of(0, 4, 0x00, 0x3c, 0x00, 0xc0);
    const tensors = await readTfjs(model([quantised, half], ['one.bin']), shards(bytes));
    expect(tensors.get('conv1_conv/kernel')?.data).toEqual(Float32Array.of(-1, 1));
    expect(tensors.get('half')?.data).toEqual(Float32Array.of(1, -2));
  });

  it('names the tensor before which the shards end', async () => {
    const bias = { ...kernel, name: 'conv1_conv/bias' };
    await expect(readTfjs(model([kernel, bias], ['one.bin']), shards(floats))).rejects.toThrow(
      new RangeError('tensorflow.js: "conv1_conv/bias": expected bytes 8 to 16 of one.bin, found 8 bytes'),
    );
  });

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
