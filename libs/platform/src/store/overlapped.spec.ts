import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { overlapped } from './overlapped.js';

describe('overlapped', () => {
  it('takes no value before there is room for it', async () => {
    let held = 0;
    let most = 0;
    function* values() {
      for (let i = 0; i < 20; i++) {
        most = Math.max(most, ++held);
        yield i;
      }
    }
    const done: number[] = [];
    await overlapped(values(), 3, async (value) => {
      await sleep(value % 3);
      held--;
      done.push(value);
    });
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(most).toBe(3);
  });

  it('stops at a failure, closes where values come from, and waits for what was begun', async () => {
    let closed = false;
    let ended = 0;
    async function* values() {
      try {
        for (let i = 0; ; i++) yield await Promise.resolve(i);
      } finally {
        closed = true;
      }
    }
    const apply = async (value: number) => {
      if (value === 2) throw new Error('the first');
      await sleep(20);
      ended++;
      if (value === 1) throw new Error('a later one');
    };
    await expect(overlapped(values(), 3, apply)).rejects.toThrow('the first');
    expect(closed).toBe(true);
    expect(ended).toBe(2);
  });

  it('fails as the values do, once what was begun has ended', async () => {
    let ended = 0;
    function* values() {
      yield 1;
      throw new Error('no more');
    }
    const apply = async () => {
      await sleep(10);
      ended++;
    };
    await expect(overlapped(values(), 3, apply)).rejects.toThrow('no more');
    expect(ended).toBe(1);
  });
});
