import { describe, expect, it } from 'vitest';
import { bfloatToFloat, floatToHalf, halfToFloat } from './half.js';

describe('halves', () => {
  it('come back unchanged, all 65,536 of them', () => {
    const changed = Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => {
      const value = halfToFloat(bits);
      return Number.isNaN(value) ? (bits & 0x7fff) <= 0x7c00 : floatToHalf(value) !== bits;
    });
    expect(changed).toEqual([]);
  });

  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [2 ** -24, 0x0001],
    [2 ** -14, 0x0400],
    [-0, 0x8000],
    [NaN, 0x7e00],
  ])('hold %s as IEEE 754 says', (value, bits) => {
    expect(floatToHalf(value)).toBe(bits);
    expect(halfToFloat(bits)).toBe(value);
  });

  it('round to the nearest, ties to even', () => {
    expect(halfToFloat(floatToHalf(1 + 2 ** -11))).toBe(1);
    expect(halfToFloat(floatToHalf(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(floatToHalf(2 ** -25)).toBe(0);
    expect(floatToHalf(3 * 2 ** -25)).toBe(2);
    expect(halfToFloat(floatToHalf(65519))).toBe(65504);
    expect(halfToFloat(floatToHalf(-65520))).toBe(-Infinity);
  });

  it('of the brain kind are the upper half of a float32', () => {
    expect(bfloatToFloat(0x3f80)).toBe(1);
    expect(bfloatToFloat(0xc049)).toBe(-3.140625);
    expect(bfloatToFloat(0xff80)).toBe(-Infinity);
  });
});
