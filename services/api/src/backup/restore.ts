import { readFile } from 'node:fs/promises';
import { PlatformError } from '@palimpsest/contracts';
import { connectDatabase, type Config, type Store } from '@palimpsest/platform';
import { migrations } from '../database/migrations.js';
import { inParallel } from './copy-store.js';
import { loadDump, requireEmpty } from './load.js';
import { linesOf, measure, pathsOf, readManifest, type Manifest } from './manifest.js';

/** Where a backup goes. */
export interface RestoreParts {
  folder: string;
  config: Pick<Config, 'DATABASE_URL'>;
  store: Store;
}

/**
 * Puts a backup into an empty database and a store, of whatever kind. All files are verified before anything is written;
 * the store comes first, the database last, all rows or none: a restore that was cut off can be run again. What else the
 * store holds stays there, since artifacts are named by their content.
 *
 * @throws PlatformError `corrupt` for a backup with a file that is lost or altered, `conflict` for a database that is
 *   not empty or a backup of a later version
 */
export async function restore({ folder, config, store }: RestoreParts): Promise<Manifest> {
  const manifest = await readManifest(folder);
  await verify(folder, manifest);
  const db = await connectDatabase<unknown>(config);
  try {
    await requireEmpty(db);
    await fillStore(folder, manifest, store);
    await loadDump(db, migrations, linesOf(pathsOf(folder).database));
  } finally {
    await db.destroy();
  }
  return manifest;
}

async function verify(folder: string, { database, objects }: Manifest): Promise<void> {
  const paths = pathsOf(folder);
  await verifyFile(paths.database, database);
  await inParallel(objects, (object) => verifyFile(paths.object(object.key), object));
}

async function verifyFile(path: string, expected: { sha256: string; bytes: number }): Promise<void> {
  const found = await measure(path).catch(() => undefined);
  if (found?.sha256 === expected.sha256) return;
  const what = found ? `${found.bytes} bytes of ${found.sha256}` : 'nothing';
  const message = `${path}: expected ${expected.bytes} bytes of sha256 ${expected.sha256}, found ${what}`;
  throw new PlatformError('corrupt', message);
}

async function fillStore(folder: string, { objects }: Manifest, store: Store): Promise<void> {
  await inParallel(objects, async ({ key }) => {
    const bytes = await readFile(pathsOf(folder).object(key));
    const there = await store.readRecord(key);
    if (there === undefined || Buffer.compare(there, bytes) !== 0) await store.writeRecord(key, bytes);
  });
}
