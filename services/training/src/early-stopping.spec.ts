import { describe, expect, it } from 'vitest';
import { nothingSeen, observe } from './early-stopping.js';

/** The epoch, from 1, after which training stops; undefined when it goes on to the end. */
function stopsAfter(values: number[], monitor: 'loss' | 'accuracy', patience: number): number | undefined {
  let memory = nothingSeen;
  for (const [i, value] of values.entries()) {
    const seen = observe(memory, value, { monitor, patience });
    if (seen.stop) return i + 1;
    memory = seen.memory;
  }
  return undefined;
}

/** Recomputed by hand from the loop of `keras.callbacks.EarlyStopping.on_epoch_end`. */
describe('early stopping', () => {
  it.each([
    ['a loss that always falls never stops', [3, 2, 1, 0.5], 'loss', 1, undefined],
    ['patience 3 waits for three epochs without improvement', [3, 2, 2.5, 2.4, 2.3, 1], 'loss', 3, 5],
    ['an improvement starts the waiting anew', [3, 2, 2.5, 2.4, 1.9, 2, 2, 2], 'loss', 3, 8],
    ['it compares with the best, not with the epoch before', [1, 5, 4, 3], 'loss', 3, 4],
    ['an equal loss is no improvement', [1, 1, 1], 'loss', 2, 3],
    ['patience 1 stops at the first epoch that is no better', [1, 1], 'loss', 1, 2],
    ['patience 0 does the same', [1, 0.5, 0.6], 'loss', 0, 3],
    ['the first epoch never stops, whatever the patience', [9], 'loss', 0, undefined],
    ['an accuracy has to rise', [0.5, 0.6, 0.6, 0.55], 'accuracy', 2, 4],
    ['an accuracy of zero counts as seen', [0, 0], 'accuracy', 1, 2],
  ] as const)('%s', (...[, values, monitor, patience, expected]) => {
    expect(stopsAfter([...values], monitor, patience)).toBe(expected);
  });
});
