import { describe, expect, it } from 'vitest';
import { quantityOf, sizeOf } from './quantity.js';

describe('a quantity of Kubernetes', () => {
  it.each([
    ['500m', 0.5],
    ['2', 2],
    ['1.5', 1.5],
    ['2Gi', 2 ** 31],
    ['100M', 1e8],
    ['1e9', 1e9],
    ['2E', 2e18],
    [4, 4],
  ])('%s is %d', (text, number) => {
    expect(quantityOf(text)).toBeCloseTo(number, 9);
  });

  it.each(['', 'Gi', '2 Gi', '2Q'])('refuses "%s"', (text) => {
    expect(() => quantityOf(text)).toThrow(`found "${text}"`);
  });

  it('is told in words', () => {
    expect([sizeOf('2Gi'), sizeOf('32Mi')]).toEqual(['2.1 GB', '34 MB']);
  });
});
