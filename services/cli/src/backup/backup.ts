import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { backUp, restore, saveDump, type Manifest } from '@palimpsest/api';
import { messageOf, PlatformError } from '@palimpsest/contracts';
import { createStore, loadConfig, type Config } from '@palimpsest/platform';
import type { CommonOptions } from '../options.js';
import { note, print, printJson } from '../streams.js';
import { ApiClient } from '../study/api-client.js';

/** Writes a backup, of what is here or of what a server has, and says what it holds. */
export async function backUpTo(folder: string, options: CommonOptions): Promise<void> {
  const config = loadConfig();
  const { server } = options;
  const save = server === undefined ? saveHere(config) : saveFrom(new ApiClient(server));
  const manifest = await backUp({ folder: resolve(folder), store: createStore(config), saveDump: save });
  for (const key of manifest.missing) {
    note(`not in the store, or damaged there: ${key}; its task will make it again when it is needed`);
  }
  tell('backed up', folder, manifest, options);
}

/** Restores a backup and says what it held. */
export async function restoreFrom(folder: string, options: CommonOptions): Promise<void> {
  const config = loadConfig();
  const manifest = await restore({ folder: resolve(folder), config, store: createStore(config) });
  tell('restored', folder, manifest, options);
}

const saveHere = (config: Config) => async (path: string) => {
  try {
    await saveDump(config, path);
  } catch (error) {
    if (!(error instanceof PlatformError && error.code === 'conflict')) throw error;
    const hint = 'or, where it is a server, back it up through that: --server <url>';
    throw new PlatformError('conflict', `${error.message}; ${hint}`, { cause: error });
  }
};

const saveFrom = (client: ApiClient) => async (path: string) => {
  const lines = await client.databaseDump();
  try {
    await pipeline(lines, createWriteStream(path, { flags: 'wx' }));
  } catch (cause) {
    throw new PlatformError('unavailable', `dump of the database: ${messageOf(cause)}`, { cause });
  }
};

function tell(done: string, folder: string, manifest: Manifest, { json }: CommonOptions): void {
  const { rows, objects, missing, createdAt } = manifest;
  const bytes = objects.reduce((sum, object) => sum + object.bytes, manifest.database.bytes);
  if (json) printJson({ folder, createdAt, rows, objects: objects.length, bytes, missing });
  else print(`${done} ${folder}: ${rows} rows, ${objects.length} objects, ${(bytes / 1e6).toFixed(1)} MB`);
}
