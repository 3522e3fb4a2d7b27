import { describe, expect, it } from 'vitest';
import { planStudy } from '../plan/plan.js';
import { progressOf, type NodeStatus } from './progress.js';
import { parseStudyFile } from './study-file.js';

const study = parseStudyFile(
  `name: small
targets: { knee: { layout: busi, path: knee, split: { folds: 2 } }, chest: { layout: busi, path: chest, split: { folds: 2 } } }
sources: { others: { weights: w.safetensors }, random: { random: true } }
strategies: [finetune]
`,
  { file: 'study.yaml', baseDir: '/data' },
);
const plan = planStudy(study);
const keys = plan.nodes.map((node) => node.key);
const progress = (states: [string, NodeStatus][], changed?: string[]) => {
  const standing = new Map(states.map(([key, status]) => [key, { status }]));
  const { ready, lost, status } = progressOf(plan, standing, changed);
  return { ready: ready.map((node) => node.key), lost: lost.map((node) => node.key), status };
};
const all = (status: NodeStatus) => keys.map((key): [string, NodeStatus] => [key, status]);

describe('progress of a study', () => {
  it('begins with what needs nothing', () => {
    expect(progress([])).toEqual({
      ready: ['ingest/knee', 'ingest/chest', 'import/others'],
      lost: [],
      status: 'running',
    });
  });

  it('readies a training when its images and its start are there, not before', () => {
    const images: [string, NodeStatus][] = [
      ['ingest/knee', 'done'],
      ['ingest/chest', 'ready'],
      ['import/others', 'ready'],
    ];
    const before = progress(images).ready;
    expect(before).toContain('train/knee/random/finetune/1');
    expect(before).not.toContain('train/knee/others/finetune/1');
    expect(before).not.toContain('train/chest/random/finetune/1');
    expect(progress([...images, ['import/others', 'done']]).ready).toContain('train/knee/others/finetune/1');
  });

  it('does not ready twice what has its task', () => {
    expect(progress([['ingest/knee', 'ready']]).ready).not.toContain('ingest/knee');
  });

  it('loses all that needs what failed, and goes on with the rest', () => {
    const { ready, lost, status } = progress([
      ['ingest/knee', 'failed'],
      ['ingest/chest', 'done'],
      ['import/others', 'done'],
    ]);
    expect(lost).toContain('train/knee/others/finetune/1');
    expect(lost).toContain('compare/knee/start-random/others/start/random/start/1');
    expect(lost).toContain('report');
    expect(lost.some((key) => key.includes('chest'))).toBe(false);
    expect(ready).toContain('train/chest/others/finetune/2');
    expect(status).toBe('running');
  });

  it('finds the same from what has changed alone, whatever comes next', () => {
    const states = new Map<string, NodeStatus>();
    let changed: string[] | undefined;
    for (let step = 0; ; step++) {
      const found = progress([...states], changed);
      const everything = progress([...states]);
      const sorted = ({ ready, lost, status }: typeof found) => [ready.sort(), lost.sort(), status];
      expect(sorted(found)).toEqual(sorted(everything));
      const running = [...states].filter(([, status]) => status === 'ready').map(([key]) => key);
      const [next] = [...running, ...found.ready];
      if (next === undefined) break;
      for (const key of found.lost) states.set(key, 'failed');
      for (const key of found.ready) states.set(key, 'ready');
      states.set(next, step % 7 === 6 ? 'failed' : 'done');
      changed = [...found.ready, ...found.lost, next];
    }
    expect(states.size).toBeGreaterThan(20);
  });

  it('has failed when nothing else can run', () => {
    const end = all('done').map(([key, s]): [string, NodeStatus] => [
      key,
      key.includes('knee') ? 'failed' : s,
    ]);
    expect(progress(end.map(([key, s]) => [key, key === 'report' ? 'waiting' : s]))).toEqual({
      ready: [],
      lost: ['report'],
      status: 'failed',
    });
  });

  it('finishes with its report', () => {
    expect(progress(all('done')).status).toBe('finished');
    expect(progress([...all('done'), ['report', 'waiting']])).toEqual({
      ready: ['report'],
      lost: [],
      status: 'running',
    });
  });
});
