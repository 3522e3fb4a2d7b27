import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OutOfMemoryError, PlatformError, type TaskOutput } from '@palimpsest/contracts';
import { aCompareInput, eventually, someResources } from '@palimpsest/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../config.js';
import { openStore } from '../drivers.js';
import { withLogFields } from '../observe/log.js';
import { taskId } from '../tasks/task-id.js';
import { readTaskLog } from '../tasks/task-log.js';
import { TaskRecords } from '../tasks/task-records.js';
import { behaviours } from '../tasks/tasks.fixture.js';
import { ProcessJobs } from './process-jobs.js';

const program = fileURLToPath(new URL('../../dist/tasks/tasks.fixture.js', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-jobs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));

function open(graceMs = 5000, env: Record<string, string> = {}) {
  const config = {
    ...loadConfig({ DATA_DIR: folder, LOG_LEVEL: 'info', ...env }),
    program,
  };
  const store = openStore(config.STORE_URL);
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push(line) });
  const ask = async (seed: number) => {
    const input = aCompareInput({ seed });
    const id = taskId('compare', input);
    await new TaskRecords(store, id).writeInput('compare', input);
    return id;
  };
  return { jobs: new ProcessJobs({ config, log, graceMs }), store, ask, lines, config };
}

describe('ProcessJobs', () => {
  const never = new AbortController().signal;
  const jobOf = (id: string) => ({ taskId: id, kind: 'compare' as const, needs: someResources });

  it('says which signal killed a job', async () => {
    const { jobs, ask } = open();
    const id = await ask(behaviours.killItself);
    const run = jobs.run(jobOf(id), never);
    await expect(run).rejects.toThrow(`compare ${id} was killed by SIGKILL`);
    await expect(run).rejects.toThrow(/; it was expected to need \d+\.\d GB, of \d+\.\d GB in all/);
  });

  it.each(['killItself', 'abortForMemory'] as const)(
    'takes a job for one without memory: %s',
    async (how) => {
      const { jobs, ask } = open();
      const run = jobs.run(jobOf(await ask(behaviours[how])), never);
      await expect(run).rejects.toThrow(OutOfMemoryError);
    },
  );

  it('does not take any end for one without memory', async () => {
    const { jobs, ask } = open();
    const run = jobs.run(jobOf(await ask(behaviours.exitWithLastWords)), never);
    await expect(run).rejects.not.toThrow(OutOfMemoryError);
  });

  it('says the exit code and the last words of a job, and passes them on to the log', async () => {
    const { jobs, ask, lines } = open();
    const run = jobs.run(jobOf(await ask(behaviours.exitWithLastWords)), never);
    await expect(run).rejects.toThrow(/ended with exit code 7\nlast words/);
    expect(lines.some((line) => line.includes('last words'))).toBe(true);
  });

  it('keeps the level and the fields of what a job logs', async () => {
    const { jobs, ask, lines } = open();
    const id = await ask(behaviours.failForGood);
    await jobs.run(jobOf(id), never);
    const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(logged).toContainEqual(expect.objectContaining({ level: 50, taskId: id, code: 'invalid' }));
  });

  it('keeps the log of a job in the store where it is asked to', async () => {
    const { config, store, ask } = open();
    const environment = () => ({ JOB_LOG: 'store' });
    const jobs = new ProcessJobs({ config, log: pino({ level: 'silent' }), environment });
    const id = await ask(behaviours.failForGood);
    await jobs.run(jobOf(id), never);
    expect(await readTaskLog(store, id)).toMatch(/^{.*compare failed: seed: expected 1, found 2"}\n$/);
  });

  it('says of each line whose work it is, once', async () => {
    const { jobs, ask, lines } = open();
    const id = await ask(behaviours.failForGood);
    const whose = { studyId: 's', attempt: 2 };
    await withLogFields(whose, () => jobs.run(jobOf(id), never));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({ ...whose, taskId: id, kind: 'compare' });
      expect(line.match(/"(studyId|attempt|taskId|kind)":/g)).toHaveLength(4);
    }
  });

  it.each([
    ['as many as the task needs', {}, 3],
    ['as many as THREADS_PER_TASK says', { THREADS_PER_TASK: '2' }, 2],
  ])('gives a job its linear algebra, and threads: %s', async (_, env, threads) => {
    const { jobs, ask, store } = open(5000, {
      ...env,
      LINEAR_ALGEBRA: 'openblas',
      DATA_DIR: await mkdtemp(join(folder, 'threads-')),
    });
    const id = await ask(behaviours.succeed);
    await jobs.run({ ...jobOf(id), needs: { ...someResources, cpus: 3 } }, never);
    const { output } = (await new TaskRecords(store, id).readOutput()) ?? {};
    const { coefficients } = output as TaskOutput<'compare'>;
    expect(await store.getJson(coefficients, z.unknown())).toEqual({ threads, linearAlgebra: 'openblas' });
  });

  it('ends a job by force when it does not stop in time', async () => {
    const { jobs, ask, store } = open(100);
    const stop = new AbortController();
    const id = await ask(behaviours.neverListen);
    const run = jobs.run(jobOf(id), stop.signal);
    await eventually('it began', () => new TaskRecords(store, id).readProgress(), 30_000);
    stop.abort();
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  }, 60_000);

  it('says when a process cannot be started', async () => {
    const { config, ask } = open();
    const log = pino({ level: 'silent' });
    const jobs = new ProcessJobs({ config: { ...config, program: '/nowhere.mjs' }, log });
    const run = jobs.run(jobOf(await ask(behaviours.succeed)), never);
    await expect(run).rejects.toThrow(PlatformError);
    await expect(run).rejects.toThrow(/Cannot find module/);
  });

  it('has jobs that stop, keeping their state, when the process that started them is killed', async () => {
    const { ask, config, store } = open();
    const id = await ask(behaviours.waitForStop);
    await new TaskRecords(store, id).forget('state', 'progress.json');
    const parent = join(folder, 'parent.mjs');
    await writeFile(
      parent,
      `import { spawn } from 'node:child_process';
       const child = spawn(process.execPath, ['${program}', 'work', 'compare', '${id}'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
       process.stdout.write(String(child.pid));`,
    );
    const env = { ...process.env, STORE_URL: config.STORE_URL };
    const run = spawn(process.execPath, [parent], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = (await once(run.stdout, 'data')) as [Buffer];
    await eventually('it began', () => new TaskRecords(store, id).readProgress(), 30_000);
    run.kill('SIGKILL');
    await eventually('the job is gone', () => !isRunning(Number(pid)), 10_000);
    expect((await new TaskRecords(store, id).loadState())?.length).toBe(1);
  }, 90_000);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
