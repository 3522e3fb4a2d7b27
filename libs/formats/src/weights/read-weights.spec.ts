import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from '../safetensors.js';
import { readWeights, weightFormatOf } from './read-weights.js';

const text = (value: string) => new TextEncoder().encode(value);
const nowhere = () => Promise.reject(new Error('nothing lies beside'));

describe('a file of weights', () => {
  it.each([
    ['safetensors', writeSafetensors(new Map())],
    ['hdf5', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0)],
    ['keras', zipSync({ 'metadata.json': text('{}') })],
    ['torch', zipSync({ 'archive/data.pkl': text('N.') })],
    [
      'torch',
      Uint8Array.of(0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e),
    ],
    ['tfjs', text('\n{ "modelTopology": {} }')],
  ])('is told by its content: %s', (format, bytes) => {
    expect(weightFormatOf(bytes)).toBe(format);
  });

  it.each([
    ['<!DOCTYPE html><html>', /found a web page/],
    ['version https://git-lfs.github.com/spec/v1\n', /found a pointer of Git LFS/],
    ['\x1f\x8b\x08', /found a gzip archive/],
    ['', /found an empty file/],
    ['abcdefghij', /found one that begins with the bytes 61 62 63 64 65 66 67 68/],
  ])('is told from %j', (content, message) => {
    expect(() => weightFormatOf(Buffer.from(content, 'latin1'))).toThrow(message);
  });

  it('gives its tensors under their names', async () => {
    const tensors = new Map([['a/kernel', { shape: [1], data: Float32Array.of(2) }]]);
    expect(await readWeights(writeSafetensors(tensors), nowhere)).toEqual({ format: 'safetensors', tensors });
  });

  it('that is a Keras archive has to have both parts', async () => {
    await expect(readWeights(zipSync({ 'metadata.json': text('{}') }), nowhere)).rejects.toThrow(
      'keras: expected config.json and model.weights.h5 in the archive; found neither',
    );
  });
});
