import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadConfig } from './config.js';
import { openStore } from './drivers.js';
import { ask } from './jobs/jobs-conformance.js';
import { exitCodes } from './jobs/jobs.js';
import { runWork } from './run-work.js';
import { TaskRecords } from './tasks/task-records.js';
import { behaviours, definitions } from './tasks/tasks.fixture.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-work-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

describe('the program of a job that several tasks share', () => {
  it('runs the one at its index', async () => {
    const config = loadConfig({ STORE_URL: `file:${folder}/store`, LOG_LEVEL: 'silent' });
    const store = openStore(config.STORE_URL);
    const [bad, good] = [await ask(store, behaviours.failForGood), await ask(store, behaviours.succeed)];
    vi.stubEnv('JOB_COMPLETION_INDEX', '1');
    expect(await runWork(definitions, ['compare', bad, good], config)).toBe(exitCodes.done);
    expect(await new TaskRecords(store, good).readOutput()).toBeDefined();
    expect(await new TaskRecords(store, bad).readError()).toBeUndefined();
  });

  it.each([undefined, '2', '-1', ''])('refuses the index %s of two', async (index) => {
    vi.stubEnv('JOB_COMPLETION_INDEX', index);
    await expect(runWork(definitions, ['compare', 'a', 'b'])).rejects.toThrow(
      `JOB_COMPLETION_INDEX: expected a whole number below 2, the tasks of this job, found "${index ?? ''}"`,
    );
  });
});
