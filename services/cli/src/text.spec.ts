import { describe, expect, it } from 'vitest';
import { bytes, duration, table } from './text.js';

describe('numbers for people', () => {
  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [75, '1 min 15 s'],
    [3599.6, '1 h'],
    [7500, '2 h 5 min'],
    [100 * 3600, '4 d 4 h'],
  ])('say %s seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.7, '1.0 kB'],
    [1500, '1.5 kB'],
    [20e6, '20 MB'],
    [3e15, '3000 TB'],
  ])('say %s bytes as %s', (count, text) => {
    expect(bytes(count)).toBe(text);
  });
});

describe('a table', () => {
  it('aligns words to the left and numbers to the right', () => {
    expect(
      table(
        ['kind', 'tasks'],
        [
          ['train', '175'],
          ['report', '1'],
        ],
      ),
    ).toBe('kind    tasks\ntrain     175\nreport      1');
  });
});
