import { buildNetwork, initialWeights, onnxEngine } from '@palimpsest/networks';
import { describe, expect, it } from 'vitest';
import { predict } from './predict.js';

const imageSize = 32;
const length = imageSize * imageSize * 3;
const pixels = {
  images: 40,
  imageSize,
  read: (rows: readonly number[]) => {
    const images = rows.flatMap((row) => Array.from({ length }, (_, at) => (row * 131 + at * 7919) % 256));
    return Promise.resolve(Uint8Array.from(images));
  },
};

describe('prediction', () => {
  it.each([2, 3])(
    'of an image among %i classes does not depend on its batch, to the bit',
    async (classes) => {
      const network = buildNetwork('resnet-mini', { imageSize, classes, dropout: 0.5 });
      const weights = initialWeights(network, 1);
      const data = { pixels, classes: Array.from({ length: classes }, (_, i) => String(i)) };
      const signal = new AbortController().signal;
      const options = { engine: onnxEngine, network, threads: 1, preprocessing: 'caffe', signal } as const;
      const rows = [...Array(40).keys()];
      const together = await predict(weights, data, rows, options);
      expect(together).toHaveLength(40 * classes);
      for (const row of [0, 31, 39]) {
        const alone = await predict(weights, data, [row], options);
        expect([...alone]).toEqual([...together.subarray(row * classes, (row + 1) * classes)]);
      }
    },
  );

  it('stops between passes when it is aborted', async () => {
    const network = buildNetwork('resnet-mini', { imageSize, classes: 2, dropout: 0 });
    const data = { pixels, classes: ['0', '1'] };
    const signal = AbortSignal.abort(new Error('enough'));
    const options = { engine: onnxEngine, network, threads: 1, preprocessing: 'caffe', signal } as const;
    await expect(predict(initialWeights(network, 1), data, [0], options)).rejects.toThrow('enough');
  });
});
