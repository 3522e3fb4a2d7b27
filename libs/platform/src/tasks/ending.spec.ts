import { PlatformError } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { endingOf, failureOf } from './ending.js';

describe('failureOf', () => {
  it.each([
    [new PlatformError('unavailable', 'disk full'), 'unavailable', true],
    [new PlatformError('corrupt', 'a/b: expected, found'), 'corrupt', false],
    [new RangeError('n > p'), 'invalid', false],
    [new TypeError('expected float32'), 'invalid', false],
    [new Error('cannot be'), 'bug', false],
    ['a string', 'bug', false],
  ])('calls %s `%s`', (error, code, retry) => {
    const message = error instanceof Error ? error.message : 'a string';
    expect(failureOf(error)).toEqual({ ok: false, code, message, retry });
  });
});

describe('endingOf', () => {
  it('keeps where it failed, for the log', async () => {
    const ending = await endingOf(() => Promise.reject(new Error('cannot be')));
    expect(ending.stack).toContain('ending.spec');
  });
});
