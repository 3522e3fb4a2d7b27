import { describe, expect, it } from 'vitest';
import { errorAgreement, independentAgreement } from './predictions.js';

describe('errorAgreement', () => {
  it('counts images on which both networks are right or both wrong, even with other wrong answers', () => {
    expect(errorAgreement([0, 1, 2, 2, 0], [0, 1, 1, 0, 2], [0, 2, 0, 2, 2])).toBe(0.6);
  });

  it('refuses predictions for other images', () => {
    expect(() => errorAgreement([0], [0, 1], [0, 1])).toThrow('found 1 and 2 for 2 images');
    expect(() => errorAgreement([], [], [])).toThrow(RangeError);
  });
});

describe('independentAgreement', () => {
  it('is the chance that both are right or both are wrong', () => {
    expect(independentAgreement(0.9, 0.6, 'product')).toBeCloseTo(0.54 + 0.04, 15);
    expect(independentAgreement(0.5, 0.9, 'product')).toBe(0.5);
  });

  it('can use the first accuracy twice, as the code of the paper did', () => {
    expect(independentAgreement(0.9, 0.6, 'first-squared')).toBeCloseTo(0.81 + 0.01, 15);
  });

  it('refuses what is no share', () => {
    expect(() => independentAgreement(90, 0.5, 'product')).toThrow('found 90');
  });
});
