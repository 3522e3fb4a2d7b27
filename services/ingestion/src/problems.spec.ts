import { PlatformError } from '@palimpsest/contracts';
import { expect, it } from 'vitest';
import { Problems } from './problems.js';

const failing = (error: Error) => () => Promise.reject(error);

it('names the first twenty images in alphabetical order and counts the rest', async () => {
  const problems = new Problems();
  for (let i = 24; i > 0; i--) await problems.attempt(failing(new RangeError(`${100 + i}.png is broken`)));
  expect(await problems.attempt(() => Promise.resolve(7))).toBe(7);
  const named = Array.from({ length: 20 }, (_, i) => `${101 + i}.png is broken`);
  const heading = 'data: expected images that can be read, found 24 of 30 that cannot:';
  expect(() => problems.throwIfAny('data', 30)).toThrow(
    new PlatformError('invalid', [heading, ...named, 'and 4 more'].join('\n  ')),
  );
});

it('throws what is no fault of the image', async () => {
  const problems = new Problems();
  const passing = new PlatformError('unavailable', 'the disk sleeps');
  await expect(problems.attempt(failing(passing))).rejects.toBe(passing);
  const bug = new TypeError('x is undefined');
  await expect(problems.attempt(failing(bug))).rejects.toBe(bug);
  expect(problems.any).toBe(false);
  problems.throwIfAny('data', 1);
});
