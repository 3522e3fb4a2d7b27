import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { PlatformError } from '@palimpsest/contracts';
import { openDatabase, type Config, type Store } from '@palimpsest/platform';
import type { Kysely } from 'kysely';
import { migrations } from '../database/migrations.js';
import { StoreCopy } from './copy-store.js';
import { dumpTo } from './dump.js';
import { endOf, headOf } from './load.js';
import { linesOf, measure, pathsOf, type Manifest } from './manifest.js';

/** What a backup is made of. */
export interface BackupParts {
  /** Must not be there yet; it appears when the backup is whole. */
  folder: string;
  store: Store;
  /** Writes the dump of the database to a new file. */
  saveDump: (path: string) => Promise<void>;
}

/**
 * Writes database and store to a folder, while everything may go on running. The database comes first, as it is at one
 * instant; the artifacts that it refers to are copied afterwards. Since an artifact never changes and what is in the
 * database was in the store before, the two fit together, however long the copying takes.
 *
 * The images of datasets are not in the store, and not in the backup.
 *
 * @throws PlatformError `conflict` when the folder is there, `corrupt` when the dump was cut off
 */
export async function backUp({ folder, store, saveDump }: BackupParts): Promise<Manifest> {
  if (existsSync(folder)) {
    throw new PlatformError('conflict', `backup ${folder}: it is there already; name a folder that is not`);
  }
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const paths = pathsOf(partial);
  await saveDump(paths.database);
  const copy = new StoreCopy(store, partial);
  const rows = await copyWhatItRefersTo(paths.database, copy);
  const manifest: Manifest = {
    ...{ format: 1, createdAt: new Date().toISOString(), rows, database: await measure(paths.database) },
    ...{ objects: copy.objects.sort((a, b) => (a.key < b.key ? -1 : 1)), missing: copy.missing.sort() },
  };
  await writeFile(paths.manifest, JSON.stringify(manifest, null, 1));
  await rename(partial, folder);
  return manifest;
}

/** @returns how many rows there are */
async function copyWhatItRefersTo(dump: string, copy: StoreCopy): Promise<number> {
  let lines = 0;
  for await (const line of linesOf(dump)) {
    const rows = endOf(line);
    if (rows !== undefined) return rows;
    if (lines++ === 0) headOf(line);
    else await copyRow(JSON.parse(line) as [string, Record<string, unknown>], copy);
  }
  throw new PlatformError('corrupt', 'dump of the database: it was cut off; try again');
}

async function copyRow([table, row]: [string, Record<string, unknown>], copy: StoreCopy): Promise<void> {
  await copy.copyReferences(row);
  if (table === 'tasks') await copy.copyTask(String(row.id));
}

/** Writes the dump of an open database to a new file. */
export async function saveDumpOf(db: Kysely<never>, path: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await dumpTo(db as unknown as Kysely<unknown>, async (line) => {
      await file.write(`${line}\n`);
    });
  } finally {
    await file.close();
  }
}

/** Writes the dump of the database that `DATABASE_URL` names. @throws PlatformError as `openDatabase` */
export async function saveDump(config: Pick<Config, 'DATABASE_URL'>, path: string): Promise<void> {
  const db = await openDatabase<never>(config, migrations);
  try {
    await saveDumpOf(db, path);
  } finally {
    await db.destroy();
  }
}
