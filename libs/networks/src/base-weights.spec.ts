import { describe, expect, it } from 'vitest';
import { requireBaseWeights } from './base-weights.js';
import { buildNetwork } from './build-network.js';

const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 2, dropout: 0 });
const base = network.weights.filter(({ part }) => part === 'base');

/** All tensors of the base, and no head. */
const theTensors = () =>
  new Map(
    base.map(({ name, shape }) => [
      name,
      { shape: [...shape], data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5) },
    ]),
  );

describe('requireBaseWeights', () => {
  it('gives the tensors of the base as they are, and no others', () => {
    const tensors = theTensors();
    tensors.set('optimizer/step', { shape: [1], data: Float32Array.of(7) });
    const weights = requireBaseWeights(network, tensors, 'w.safetensors');
    expect([...weights.keys()]).toEqual(base.map(({ name }) => name));
    for (const [name, data] of weights) expect(data).toBe(tensors.get(name)?.data);
  });

  it('names what is missing, misshapen or no number', () => {
    const tensors = theTensors();
    const [first, second, third] = base;
    tensors.delete(first!.name);
    tensors.set(second!.name, { shape: [1, 3], data: new Float32Array(3) });
    tensors.get(third!.name)!.data[0] = NaN;
    const expected = [
      `w.safetensors: expected the tensors of resnet-mini, found 3 of ${base.length} at fault: `,
      `${first!.name} (expected [${first!.shape.join(', ')}], found nothing), `,
      `${second!.name} (expected [${second!.shape.join(', ')}], found [1, 3]), `,
      `${third!.name} (expected finite numbers, found NaN)`,
    ].join('');
    expect(() => requireBaseWeights(network, tensors, 'w.safetensors')).toThrow(new RangeError(expected));
  });

  it('counts what is at fault when it is much', () => {
    expect(() => requireBaseWeights(network, new Map(), 'w.safetensors')).toThrow(
      `and ${base.length - 5} more`,
    );
  });
});
