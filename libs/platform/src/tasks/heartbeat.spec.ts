import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heartbeat } from './heartbeat.js';
import type { Progress } from './task-records.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const told: number[] = [];
  const heartbeat = new Heartbeat(({ done }) => told.push(done), { mostMs: 1000, leastMs: 20_000 });
  return { told, heartbeat };
}

describe('Heartbeat', () => {
  it('tells of the start at once', () => {
    expect(start().told).toEqual([0]);
  });

  it('tells the latest at most once a second', () => {
    const { told, heartbeat } = start();
    for (const done of [0.1, 0.2, 0.3]) heartbeat.report({ done });
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([0, 0.3]);
  });

  it('repeats itself so that the lease goes on, and not more often', () => {
    const { told } = start();
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([0, 0, 0, 0]);
  });

  it('says nothing once stopped', () => {
    const { told, heartbeat } = start();
    heartbeat.report({ done: 1 });
    heartbeat.stop();
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([0]);
  });

  it('says once when there is no progress for too long; saying the same again is none', () => {
    let stalls = 0;
    const stall = { afterMs: 5000, tell: () => (stalls += 1) };
    const heartbeat = new Heartbeat(() => undefined, { mostMs: 1000, leastMs: 20_000 }, stall);
    vi.advanceTimersByTime(4000);
    heartbeat.report({ done: 0.1 });
    vi.advanceTimersByTime(4000);
    heartbeat.report({ done: 0.1 });
    expect(stalls).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(stalls).toBe(1);
  });

  it('expects no progress of what waits, tells of it once, and expects some again when it no longer waits', () => {
    let stalls = 0;
    const told: Progress[] = [];
    const stall = { afterMs: 5000, tell: () => (stalls += 1) };
    const heartbeat = new Heartbeat((each) => told.push(each), { mostMs: 1000, leastMs: 20_000 }, stall);
    for (let second = 0; second < 10; second++) {
      heartbeat.report({ done: 0, message: 'waits for a GPU', waits: true });
      vi.advanceTimersByTime(1000);
    }
    expect(stalls).toBe(0);
    expect(told).toEqual([{ done: 0 }, { done: 0, message: 'waits for a GPU' }]);
    for (let second = 0; second < 6; second++) {
      heartbeat.report({ done: 0, message: 'waits for a GPU' });
      vi.advanceTimersByTime(1000);
    }
    expect(stalls).toBe(1);
  });
});
