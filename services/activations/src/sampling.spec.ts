import { describe, expect, it } from 'vitest';
import { imagesFor, sampleLayer } from './sampling.js';

const settings = { seed: 7, images: 480, points: 10_000, channels: 64, repeats: 5 };
const layer = (side: number, channels = 64) => ({ layer: 'conv1_relu', height: side, width: side, channels });

describe('images for so many points', () => {
  it.each([
    ['conv1_relu of ResNet50 at 224 pixels', 10_000, 112, 1],
    ['conv2_block3_out', 10_000, 56, 3],
    ['conv3_block4_out', 10_000, 28, 13],
    ['conv4_block6_out', 10_000, 14, 51],
    ['conv5_block3_out', 10_000, 7, 204],
    ['half rounds to even, down', 10, 2, 2],
    ['half rounds to even, up', 14, 2, 4],
    ['a layer larger than the points', 10, 100, 1],
    ['a dataset that is too small', 10_000, 4, 480],
  ])('%s', (_, points, side, expected) => {
    expect(imagesFor(points, layer(side), 480)).toBe(expected);
  });
});

describe('sample of a layer', () => {
  it('draws the same for every network, and something else for another seed, layer or repeat', () => {
    const sample = sampleLayer(layer(28, 512), settings);
    expect(sampleLayer(layer(28, 512), settings)).toEqual(sample);
    expect(sampleLayer(layer(28, 512), { ...settings, seed: 8 }).draws).not.toEqual(sample.draws);
    expect(sampleLayer({ ...layer(28, 512), layer: 'other' }, settings).draws).not.toEqual(sample.draws);
    expect(sample.draws[1]).not.toEqual(sample.draws[0]);
  });

  it('gives earlier repeats unchanged when more are wanted', () => {
    const { draws } = sampleLayer(layer(28), settings);
    expect(sampleLayer(layer(28), { ...settings, repeats: 2 }).draws).toEqual(draws.slice(0, 2));
  });

  it('draws no image and no channel twice within a repeat', () => {
    for (const { images, channels } of sampleLayer(layer(7, 2048), settings).draws) {
      expect(new Set(images).size).toBe(204);
      expect(new Set(channels).size).toBe(64);
      expect(Math.max(...images)).toBeLessThan(480);
      expect(Math.max(...channels)).toBeLessThan(2048);
    }
  });

  it('takes every channel of a layer that has fewer, and every image of a small dataset', () => {
    const sample = sampleLayer(layer(4, 16), { ...settings, images: 10 });
    expect(sample.points).toBe(160);
    expect(sample.draws[0]!.channels.toSorted((a, b) => a - b)).toEqual([...Array(16).keys()]);
    expect(sample.draws[0]!.images.toSorted((a, b) => a - b)).toEqual([...Array(10).keys()]);
  });
});
