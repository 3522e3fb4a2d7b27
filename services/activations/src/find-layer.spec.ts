import { buildNetwork } from '@palimpsest/networks';
import { describe, expect, it } from 'vitest';
import { findLayer } from './find-layer.js';

const network = buildNetwork('resnet50', { imageSize: 224, classes: 2, dropout: 0 });

describe('finding a layer', () => {
  it('tells its shape', () => {
    const shape = { height: 28, width: 28, channels: 512 };
    expect(findLayer(network, 'conv3_block4_out')).toEqual({ layer: 'conv3_block4_out', ...shape });
  });

  it('answers a name that is none with those most like it', () => {
    expect(() => findLayer(network, 'conv3_block4_ouy')).toThrow(
      /^layer "conv3_block4_ouy": expected one of the \d+ below the head of resnet50, such as conv3_block4_out, conv3_block4_/,
    );
  });

  it('refuses the head, which is another one in every network', () => {
    expect(() => findLayer(network, 'predictions')).toThrow('layer "predictions": expected one of');
  });
});
