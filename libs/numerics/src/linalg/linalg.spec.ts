import { describe, expect, it } from 'vitest';
import { describeLinearAlgebra, normal } from './linear-algebra-conformance.js';
import { plain } from './linear-algebra.js';
import { centredChannels } from './matrix.js';

describeLinearAlgebra('plain', () => plain);

it('multiplies a matrix with itself to the same bytes as with a copy', () => {
  const a = normal(7, 300);
  expect(plain.timesTransposed(a, a)).toEqual(plain.timesTransposed(a, { ...a }));
});

describe('centredChannels', () => {
  it('takes the mean off every channel and does not change its input', () => {
    const data = Float32Array.of(1, 10, 2, 20, 6, 30);
    expect(centredChannels({ rows: 3, cols: 2, data })).toEqual({
      rows: 2,
      cols: 3,
      data: Float64Array.of(-2, -1, 3, -10, 0, 10),
    });
    expect(data).toEqual(Float32Array.of(1, 10, 2, 20, 6, 30));
  });

  it('refuses a wrong shape, one point, and values that are not finite', () => {
    const data = Float64Array.of(1, 2, NaN, 4);
    expect(() => centredChannels({ rows: 2, cols: 3, data })).toThrow('expected 2 × 3 values, found 4');
    expect(() => centredChannels({ rows: 1, cols: 4, data })).toThrow('at least 2 points');
    expect(() => centredChannels({ rows: 2, cols: 2, data })).toThrow('in channel 0');
  });
});
