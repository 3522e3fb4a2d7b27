import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from './envelope.js';
import { taskKinds, tasks } from './tasks.js';
import { topics } from './topics.js';

describe('topics', () => {
  it('have one request for every kind of task, with that kind of input', () => {
    for (const kind of taskKinds) {
      expect(topics[`${kind}.requested`].schema.shape.kind.value).toBe(kind);
      expect(topics[`${kind}.requested`].schema.shape.input).toBe(tasks[kind].input);
    }
  });

  it('let an old reader take a newer message by ignoring what it does not know', () => {
    const message = { taskId: 'a', attempt: 1, done: 0.5, colour: 'blue' };
    expect(topics['task.progressed'].schema.parse(message)).toEqual({ taskId: 'a', attempt: 1, done: 0.5 });
  });

  it('want stages of every training but a linear probe', () => {
    const folder = path.resolve(import.meta.dirname, '../fixtures/messages', `v${SCHEMA_VERSION}`);
    const { data } = JSON.parse(readFileSync(path.join(folder, 'train.requested.json'), 'utf8')) as {
      data: { input: object };
    };
    const accepts = (over: object) =>
      tasks.train.input.safeParse({ ...data.input, ...over }).error?.issues[0]?.message ?? 'yes';
    expect(accepts({})).toBe('yes');
    expect(accepts({ stages: [] })).toBe('expected at least one, or none for a probe');
    expect(accepts({ strategy: 'probe' })).toBe('expected at least one, or none for a probe');
    expect(accepts({ strategy: 'probe', stages: [] })).toBe('yes');
  });

  it('say why a task failed and whether another attempt could help', () => {
    const message = {
      taskId: 'a',
      attempt: 1,
      seconds: 1,
      outcome: { ok: false, code: 'odd', message: 'm', retry: true },
    };
    expect(topics['task.finished'].schema.safeParse(message).success).toBe(false);
  });
});
