import { describe, expect, it } from 'vitest';
import { learningRateAt } from './schedule.js';
import type { TrainStage } from './state.js';

/** The rates of all steps of four epochs of five. */
const ratesOf = (schedule?: TrainStage['schedule']) =>
  Array.from({ length: 20 }, (_, step) =>
    learningRateAt({ learningRate: 0.3, maxEpochs: 4, schedule }, { step, stepsPerEpoch: 5 }),
  );

describe('a learning rate', () => {
  it('stays what it is, to the last bit, without a schedule and with a constant one', () => {
    expect(new Set([...ratesOf(), ...ratesOf({ kind: 'constant' })])).toEqual(new Set([0.3]));
  });

  it('rises in a line over its warm-up, to the full rate', () => {
    const rates = ratesOf({ kind: 'constant', warmupEpochs: 2 });
    for (const [i, rate] of rates.slice(0, 10).entries()) expect(rate).toBeCloseTo(0.03 * (i + 1), 12);
    expect(rates[9]).toBe(0.3);
    expect(new Set(rates.slice(10))).toEqual(new Set([0.3]));
  });

  it('falls along a cosine from the full rate through the half towards zero', () => {
    const rates = ratesOf({ kind: 'cosine' });
    expect(rates[0]).toBe(0.3);
    expect(rates[10]).toBeCloseTo(0.15, 12);
    expect(rates[5]! + rates[15]!).toBeCloseTo(0.3, 12);
    expect(rates.every((rate, i) => i === 0 || rate < rates[i - 1]!)).toBe(true);
    expect(rates[19]).toBeCloseTo(0.15 * (1 - Math.cos(Math.PI / 20)), 12);
    expect(rates[19]).toBeGreaterThan(0);
  });

  it('begins its cosine where the warm-up ends', () => {
    const rates = ratesOf({ kind: 'cosine', warmupEpochs: 1 });
    expect(rates[4]).toBe(0.3);
    expect(rates[5]).toBe(0.3);
    expect(rates[12]).toBeCloseTo(0.15 * (1 + Math.cos((Math.PI * 7) / 15)), 12);
  });

  it('is multiplied after every so many epochs', () => {
    const rates = ratesOf({ kind: 'step', factor: 0.5, everyEpochs: 2 });
    expect(rates).toEqual([...Array<number>(10).fill(0.3), ...Array<number>(10).fill(0.15)]);
  });
});
