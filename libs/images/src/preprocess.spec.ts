import { expect, it } from 'vitest';
import { preprocess, type Preprocessing } from './preprocess.js';

const pixels = Uint8Array.of(255, 128, 0, 1, 2, 3);

it.each<[Preprocessing, number[]]>([
  ['caffe', [-103.939, 11.221, 131.32, -100.939, -114.779, -122.68]],
  ['caffe/255', [-0.407604, 0.0440039, 0.51498, -0.395839, -0.450114, -0.481098]],
  ['minus-one-to-one', [1, 0.00392157, -1, -0.992157, -0.984314, -0.976471]],
  ['torch', [2.24891, 0.205182, -1.80444, -2.10078, -2.0007, -1.75216]],
  ['none', [255, 128, 0, 1, 2, 3]],
])('%s', (mode, expected) => {
  const found = preprocess(pixels, mode);
  expect(found).toBeInstanceOf(Float32Array);
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
});

it('takes the float pixels of an augmented image and leaves them unchanged', () => {
  const augmented = Float32Array.of(0.5, 1.5, 2.5);
  expect(preprocess(augmented, 'caffe')[0]).toBe(Math.fround(Math.fround(2.5) - Math.fround(103.939)));
  expect([...augmented]).toEqual([0.5, 1.5, 2.5]);
});

it('refuses pixels that have no three channels', () => {
  expect(() => preprocess(new Uint8Array(4), 'none')).toThrow('expected 3 values a pixel, found 4 values');
});
