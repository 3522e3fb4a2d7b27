import { studySchema, topics } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { aRequest, aStudy, closeTo, eventually, FakeClock, FakeTaskContext, faulty, first } from './index.js';

class Counter {
  #count = 0;
  increment(): Promise<number> {
    this.#count += 1;
    return Promise.resolve(this.#count);
  }
}

describe('builders', () => {
  it('build what the contracts accept', () => {
    expect(studySchema.parse(aStudy())).toEqual(aStudy());
    expect(topics['compare.requested'].schema.parse(aRequest())).toEqual(aRequest());
  });
});

describe('faulty', () => {
  it('fails the first calls, without their effect, then lets them through', async () => {
    const counter = faulty(new Counter(), { increment: first(2, new Error('not now')) });
    await expect(counter.increment()).rejects.toThrow('not now');
    await expect(counter.increment()).rejects.toThrow('not now');
    expect(await counter.increment()).toBe(1);
  });
});

describe('fakes', () => {
  it('a context keeps what a task reports and saves', async () => {
    const context = new FakeTaskContext('any store');
    context.progress(0.5, 'half');
    await context.saveState(Uint8Array.of(1));
    expect(context.reported).toEqual([{ done: 0.5, message: 'half' }]);
    expect(await context.loadState()).toEqual(Uint8Array.of(1));
  });

  it('a clock moves only when told to', () => {
    const clock = new FakeClock();
    const before = clock.now().getTime();
    clock.advance(1500);
    expect(clock.now().getTime() - before).toBe(1500);
  });
});

describe('eventually', () => {
  it('waits, and says what did not come', async () => {
    let calls = 0;
    await eventually('three calls', () => ++calls === 3);
    await expect(eventually('a miracle', () => false, 10)).rejects.toThrow('a miracle');
  });
});

describe('closeTo', () => {
  it('is relative to the larger', () => {
    expect(closeTo(1e9, 1e9 + 1, 1e-8)).toBe(true);
    expect(closeTo(1, 2, 0.1)).toBe(false);
    expect(closeTo(NaN, NaN, 0)).toBe(true);
    expect(closeTo(NaN, 1, 1)).toBe(false);
  });
});
