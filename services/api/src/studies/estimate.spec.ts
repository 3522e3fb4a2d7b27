import { describe, expect, it } from 'vitest';
import type { PlanNode } from '../plan/node.js';
import { remainingSeconds, type Timed } from './estimate.js';

const training = (target: string, fold: number, estimated: number): PlanNode => ({
  key: `train/${target}/s/finetune/${fold}`,
  kind: 'train',
  deps: [],
  about: { kind: 'train', target, source: 's', strategy: 'finetune', fold },
  needs: { cpus: 1, memoryBytes: 1, gpus: 0 },
  estimate: { seconds: estimated, bytes: 1 },
  resolve: () => {
    throw new Error('nothing is run here');
  },
});
const ran = (node: PlanNode, seconds: number): Timed => ({ node, done: 1, seconds });
const left = (node: PlanNode, done = 0): Timed => ({ node, done, seconds: null });

describe('the time that is left', () => {
  it('is what the plan expects as long as nothing has run', () => {
    expect(remainingSeconds([left(training('knee', 1, 30)), left(training('chest', 1, 10))], 1)).toBe(40);
  });

  it('is what similar tasks took, once they have run', () => {
    expect(remainingSeconds([ran(training('knee', 1, 30), 5), left(training('knee', 2, 30))], 1)).toBe(5);
  });

  it('corrects the plan by how wrong it was elsewhere', () => {
    expect(remainingSeconds([ran(training('knee', 1, 30), 60), left(training('chest', 1, 10))], 1)).toBe(20);
  });

  it('counts what a running task has done', () => {
    expect(remainingSeconds([left(training('knee', 1, 40), 0.75)], 1)).toBe(10);
  });

  it('is shared by those that run at once, but never shorter than the longest', () => {
    const four = [1, 2, 3, 4].map((fold) => left(training('knee', fold, 10)));
    expect(remainingSeconds(four, 2)).toBe(20);
    expect(remainingSeconds([...four, left(training('chest', 1, 100))], 4)).toBe(100);
  });

  it('takes no comfort in tasks whose result was there already', () => {
    const memoised: Timed = { node: training('knee', 1, 30), done: 1, seconds: null };
    expect(remainingSeconds([memoised, left(training('knee', 2, 30))], 1)).toBe(30);
  });

  it('is nothing when nothing is left', () => {
    expect(remainingSeconds([ran(training('knee', 1, 30), 5)], 0)).toBe(0);
  });
});
