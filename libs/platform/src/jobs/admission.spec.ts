import { eventually } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import { Admission } from './admission.js';

const GiB = 2 ** 30;
const never = new AbortController().signal;
const needs = (cpus: number, gib: number) => ({ cpus, memoryBytes: gib * GiB, gpus: 0 });

/** Enters, stays until told to leave, and says whether it got in. */
function guest(admission: Admission, asks: ReturnType<typeof needs>, signal = never) {
  const state = { inside: false, leave: (): void => undefined };
  const stay = new Promise<void>((resolve) => (state.leave = resolve));
  const left = admission.run(asks, signal, () => {
    state.inside = true;
    return stay;
  });
  return { state, left };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('Admission', () => {
  it('lets as many in as fit the processors', async () => {
    const admission = new Admission(() => ({ cpus: 4, memoryBytes: 64 * GiB }));
    const guests = [1, 2, 3].map(() => guest(admission, needs(2, 1)));
    await settled();
    expect(guests.map(({ state }) => state.inside)).toEqual([true, true, false]);
    guests[0]?.state.leave();
    await eventually('the third is in', () => guests[2]?.state.inside);
  });

  it('lets as many in as fit the memory', async () => {
    const admission = new Admission(() => ({ cpus: 64, memoryBytes: 8 * GiB }));
    const guests = [5, 3, 1].map((gib) => guest(admission, needs(1, gib)));
    await settled();
    expect(guests.map(({ state }) => state.inside)).toEqual([true, true, false]);
  });

  it('lets one in that asks for more than there is, alone', async () => {
    const admission = new Admission(() => ({ cpus: 1, memoryBytes: GiB }));
    const large = guest(admission, needs(8, 8));
    const small = guest(admission, needs(1, 0.1));
    await settled();
    expect([large.state.inside, small.state.inside]).toEqual([true, false]);
    large.state.leave();
    await eventually('the small one is in', () => small.state.inside);
  });

  it('keeps the order, so that a large one is not passed over for ever', async () => {
    const admission = new Admission(() => ({ cpus: 2, memoryBytes: 64 * GiB }));
    const [first, large, small] = [1, 2, 1].map((cpus) => guest(admission, needs(cpus, 1)));
    await settled();
    expect([first, large, small].map((each) => each?.state.inside)).toEqual([true, false, false]);
  });

  it('makes room when one fails, and when one that waits gives up', async () => {
    const admission = new Admission(() => ({ cpus: 1, memoryBytes: 64 * GiB }));
    const stop = new AbortController();
    const failing = admission.run(needs(1, 1), never, () =>
      settled().then(() => Promise.reject(new Error('no'))),
    );
    const waiting = guest(admission, needs(1, 1), stop.signal);
    const last = guest(admission, needs(1, 1));
    stop.abort();
    await expect(waiting.left).rejects.toMatchObject({ name: 'AbortError' });
    await expect(failing).rejects.toThrow('no');
    await eventually('the last is in', () => last.state.inside);
    expect(waiting.state.inside).toBe(false);
  });
});
