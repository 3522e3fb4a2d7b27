import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrations } from './database/migrations.js';
import { migrateDatabase } from './migrate-database.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-migrate-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('migrateDatabase', () => {
  it('takes every step once, and says which', async () => {
    const config = { DATABASE_URL: `pglite:${folder}/db` };
    expect(await migrateDatabase(config)).toEqual(Object.keys(migrations).sort());
    expect(await migrateDatabase(config)).toEqual([]);
  }, 120_000);
});
