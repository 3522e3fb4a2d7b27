import { buildNetwork, initialWeights, onnxEngine } from '@palimpsest/networks';
import { describe, expect, it } from 'vitest';
import type { FoldData } from './data.js';
import { score } from './evaluate.js';
import { predict } from './predict.js';
import { probe } from './probe.js';

const imageSize = 32;

/** Each class is brighter in a channel of its own; of two classes, the last channel says nothing. */
function colours(classes: number): FoldData {
  const pixelOf = (row: number, at: number) =>
    ((row * 37 + at * 7919) % 97) + (at % 3 === row % classes ? 120 : 0);
  const read = (rows: readonly number[]) => {
    const length = imageSize * imageSize * 3;
    return Promise.resolve(
      Uint8Array.from(rows.flatMap((row) => Array.from({ length }, (_, at) => pixelOf(row, at)))),
    );
  };
  const numbers = [...Array(70).keys()];
  return {
    pixels: { images: 70, imageSize, read },
    labels: Int32Array.from(numbers, (row) => row % classes),
    patients: numbers,
    classes: Array.from({ length: classes }, (_, label) => `class ${label}`),
    // More than one pass over the images, the last of which is not full.
    rows: { train: numbers.slice(0, 40), validation: numbers.slice(40, 50), judged: numbers.slice(50) },
  };
}

function on(classes: number) {
  const network = buildNetwork('resnet-mini', { imageSize, classes, dropout: 0 });
  const signal = new AbortController().signal;
  const told: string[] = [];
  const session = {
    ...({ engine: onnxEngine, network, threads: 1, preprocessing: 'caffe', signal, seed: 1 } as const),
    progress: (done: number, message: string) => void told.push(`${done.toFixed(2)} ${message}`),
  };
  return { data: colours(classes), start: initialWeights(network, 1), session, told };
}

describe('a linear probe', () => {
  it.each([2, 3])(
    'of a random start tells %i colours apart in images that it has not seen',
    async (classes) => {
      const { data, start, session } = on(classes);
      const { weights, curves } = await probe(start, data, session);
      const probabilities = await predict(weights, data, data.rows.judged, session);
      const labels = Int32Array.from(data.rows.judged, (row) => row % classes);
      expect(score({ probabilities, labels }).accuracy).toBe(1);
      expect(curves.epochs[0]!.validationAccuracy).toBe(1);
    },
  );

  it('has no use for images that are held out, nor for the head that it replaces', async () => {
    const { data, start, session } = on(2);
    const { weights } = await probe(start, data, session);
    const other = new Map([...start, ['predictions/bias', Float32Array.of(5)]]);
    const fewer = { ...data, rows: { ...data.rows, validation: [40, 41] } };
    expect((await probe(other, fewer, session)).weights).toEqual(weights);
  });

  it('tells how far it is', async () => {
    const { data, start, session, told } = on(2);
    await probe(start, data, session);
    expect(told).toEqual([
      '0.00 features of 0 of 40 images',
      '0.36 features of 32 of 40 images',
      '0.45 the head, on 40 × 192 features',
    ]);
  });

  it('stops between passes when it is aborted', async () => {
    const { data, start, session } = on(2);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(probe(start, data, { ...session, signal })).rejects.toThrow('enough');
  });
});
