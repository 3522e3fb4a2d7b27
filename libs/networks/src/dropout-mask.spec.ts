import { expect, it } from 'vitest';
import { dropoutMask } from './dropout-mask.js';

const layer = {
  kind: 'dropout',
  name: 'dropout',
  inputs: ['avg_pool'],
  output: { height: 1, width: 1, channels: 500 },
  rate: 0.2,
} as const;

it('drops the share it is told to and scales the rest up', () => {
  const mask = dropoutMask(layer, { images: 40, seed: 1, step: 1 });
  expect(new Set(mask)).toEqual(new Set([0, 1.25]));
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  expect(Math.abs(dropped - 0.2)).toBeLessThan(0.015);
});

it('depends on seed and step, and not on how many images follow', () => {
  const mask = dropoutMask(layer, { images: 2, seed: 1, step: 1 });
  expect(dropoutMask(layer, { images: 3, seed: 1, step: 1 }).subarray(0, mask.length)).toEqual(mask);
  expect(dropoutMask(layer, { images: 2, seed: 1, step: 2 })).not.toEqual(mask);
  expect(dropoutMask(layer, { images: 2, seed: 2, step: 1 })).not.toEqual(mask);
});
