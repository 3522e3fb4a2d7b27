import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll } from 'vitest';
import { loadConfig } from '../config.js';
import { openStore } from '../drivers.js';
import { MemoryStore } from '../store/memory-store.js';
import { Store } from '../store/store.js';
import { definitionOf } from '../tasks/definitions.js';
import { definitions } from '../tasks/tasks.fixture.js';
import { InlineJobs } from './inline-jobs.js';
import { describeJobs } from './jobs-conformance.js';
import { ProcessJobs } from './process-jobs.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-jobs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const log = pino({ level: 'silent' });

describeJobs('InlineJobs', () => {
  const store = new Store(new MemoryStore());
  const jobs = new InlineJobs(store, (kind) => definitionOf(definitions, kind), log);
  return Promise.resolve({ jobs, store });
});

describeJobs('ProcessJobs', async () => {
  const program = fileURLToPath(new URL('../../dist/tasks/tasks.fixture.js', import.meta.url));
  const DATA_DIR = await mkdtemp(join(folder, 'data-'));
  const config = { ...loadConfig({ DATA_DIR, LOG_LEVEL: 'silent' }), program };
  return { jobs: new ProcessJobs({ config, log }), store: openStore(config.STORE_URL) };
});
