import { describe, expect, it } from 'vitest';
import { copiesOfInput, inputsByTap, inputsUnderWindow, outputsOverInput } from './windows.js';

/** A window of 2 × 2, stride 2, padding 1 on 2 × 2 points gives 2 × 2: each sees one point, in another corner. */
const sliding = {
  from: { height: 2, width: 2, channels: 1 },
  to: { height: 2, width: 2, channels: 1 },
  window: { kernel: [2, 2] as const, stride: 2, padding: { top: 1, left: 1, bottom: 1, right: 1 } },
};

describe('tables of rows', () => {
  it('list the inputs under the window, with one past the last for zeros', () => {
    const { indices, missing } = inputsUnderWindow(sliding);
    expect(missing).toBe(4);
    expect([...indices]).toEqual([4, 4, 4, 0, 4, 4, 1, 4, 4, 2, 4, 4, 3, 4, 4, 4]);
  });

  it('list the outputs over an input by the tap that sees it', () => {
    expect([...outputsOverInput(sliding).indices]).toEqual([4, 4, 4, 0, 4, 4, 1, 4, 4, 2, 4, 4, 3, 4, 4, 4]);
  });

  it('list the copies of an input, no more places than it can have', () => {
    const { indices, shape, missing } = copiesOfInput(sliding);
    expect([...shape, missing]).toEqual([1, 4, 16]);
    expect([...inputsByTap(sliding).indices]).toEqual([4, 4, 4, 3, 4, 4, 2, 4, 4, 1, 4, 4, 0, 4, 4, 4]);
    expect([...indices]).toEqual([12, 9, 6, 3]);
  });

  it('have names of their own for every geometry', () => {
    const other = {
      ...sliding,
      window: { ...sliding.window, padding: { ...sliding.window.padding, top: 0 } },
    };
    expect(inputsUnderWindow(other).name).not.toBe(inputsUnderWindow(sliding).name);
    expect(outputsOverInput(sliding).name).not.toBe(inputsUnderWindow(sliding).name);
  });
});
