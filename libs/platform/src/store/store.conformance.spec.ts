import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { FileStore } from './file-store.js';
import { MemoryStore } from './memory-store.js';
import { describeStoreDriver } from './store-conformance.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

describeStoreDriver('MemoryStore', () => Promise.resolve(new MemoryStore()));
describeStoreDriver('FileStore', async () => new FileStore(await mkdtemp(join(folder, 'store-'))));
