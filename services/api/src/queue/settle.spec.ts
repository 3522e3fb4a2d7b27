import type { Finished } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { settle, waitAfter, type Attempted } from './settle.js';

const weights = { key: 'w', sha256: 'a'.repeat(64), bytes: 1 };
const output = { weights, tensors: 3 };
const sent: Attempted = {
  ...{ kind: 'import', status: 'sent', attempt: 2, lastAttempt: 3 },
  ...{ interruptions: 0, maxInterruptions: 2 },
};
const good = (attempt: number): Finished => ({
  taskId: 't',
  attempt,
  seconds: 4,
  outcome: { ok: true, output },
});
const bad = (attempt: number, retry: boolean): Finished => ({
  taskId: 't',
  attempt,
  seconds: 4,
  outcome: { ok: false, code: 'unavailable', message: 'm', retry },
});

describe('the end of a task', () => {
  it('is its output', () => {
    expect(settle(sent, good(2))).toEqual({ status: 'done', output, seconds: 4 });
  });

  it('is its output from whichever attempt, and after it was given up', () => {
    expect(settle(sent, good(1))?.status).toBe('done');
    expect(settle({ ...sent, status: 'failed' }, good(1))?.status).toBe('done');
    expect(settle({ ...sent, status: 'cancelled' }, good(1))?.status).toBe('done');
    expect(settle({ ...sent, status: 'ready' }, good(1))?.status).toBe('done');
  });

  it('is heard once', () => {
    expect(settle({ ...sent, status: 'done' }, good(2))).toBeUndefined();
    expect(settle({ ...sent, status: 'done' }, bad(2, true))).toBeUndefined();
  });

  it('is another attempt, later and later', () => {
    expect(settle(sent, bad(2, true))).toMatchObject({ status: 'ready', waitMs: 2000 });
    expect([1, 2, 3, 10].map(waitAfter)).toEqual([1000, 2000, 4000, 60_000]);
  });

  it('is failure when there is no attempt left, or none could help', () => {
    expect(settle({ ...sent, attempt: 3 }, bad(3, true))).toEqual({
      status: 'failed',
      error: { code: 'unavailable', message: 'm' },
    });
    expect(settle(sent, bad(2, false))?.status).toBe('failed');
  });

  it('is another attempt for free when its worker was lost, but not again and again', () => {
    const lost = bad(2, true);
    const interrupted: Finished = {
      ...lost,
      outcome: { ...(lost.outcome as object), interrupted: true } as never,
    };
    expect(settle({ ...sent, lastAttempt: 2 }, interrupted)).toMatchObject({
      ...{ status: 'ready', waitMs: 1000, free: 'interrupted' },
    });
    expect(settle({ ...sent, interruptions: 1 }, interrupted)).toMatchObject({
      status: 'ready',
      waitMs: 2000,
    });
    expect(settle({ ...sent, interruptions: 2 }, interrupted)).toEqual({
      status: 'failed',
      error: { code: 'unavailable', message: 'm; it was interrupted 3 times' },
    });
  });

  it('is another attempt for free when memory ran out and the next makes do with half', () => {
    const lost = bad(3, true);
    const outcome = { ...(lost.outcome as object), halves: true } as never;
    expect(settle({ ...sent, attempt: 3 }, { ...lost, outcome })).toMatchObject({
      ...{ status: 'ready', waitMs: 1000, free: 'halves' },
    });
  });

  it('is not decided by the failure of an older attempt, nor of a cancelled task', () => {
    expect(settle(sent, bad(1, false))).toBeUndefined();
    expect(settle({ ...sent, status: 'cancelled' }, bad(2, false))).toBeUndefined();
    expect(settle({ ...sent, status: 'ready' }, bad(2, false))).toBeUndefined();
  });

  it('is failure when the output is not that of its kind', () => {
    const odd: Finished = { ...good(2), outcome: { ok: true, output: { tensors: 'many' } } };
    expect(settle(sent, odd)).toMatchObject({ status: 'failed', error: { code: 'bug' } });
  });
});
