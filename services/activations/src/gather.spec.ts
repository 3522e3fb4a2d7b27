import { describe, expect, it } from 'vitest';
import { LayerGatherer } from './gather.js';

/** Value of an image at a position in a channel, told apart by its digits. */
const value = (image: number, position: number, channel: number) => image * 100 + position * 10 + channel;
const activations = (image: number) =>
  Float32Array.from({ length: 2 * 3 }, (_, i) => value(image, Math.floor(i / 3), i % 3));

describe('gathering of a layer', () => {
  const sample = {
    layer: 'x',
    height: 1,
    width: 2,
    channels: 3,
    points: 4,
    draws: [
      { images: [5, 1], channels: [2, 0] },
      { images: [1, 7], channels: [1, 2] },
    ],
  };

  it('puts images, positions and channels where they were drawn, whatever the order they come in', () => {
    const gatherer = new LayerGatherer(sample);
    expect([...gatherer.images].sort()).toEqual([1, 5, 7]);
    gatherer.add([7], activations(7));
    gatherer.add([1, 5], Float32Array.of(...activations(1), ...activations(5)));
    expect(gatherer.shape).toEqual([2, 4, 2]);
    expect([...gatherer.data]).toEqual([
      ...[502, 500, 512, 510, 102, 100, 112, 110],
      ...[101, 102, 111, 112, 701, 702, 711, 712],
    ]);
  });

  it('ignores an image that only other layers want', () => {
    const gatherer = new LayerGatherer(sample);
    gatherer.add([3], activations(3));
    expect(gatherer.data.every((x) => x === 0)).toBe(true);
  });
});
