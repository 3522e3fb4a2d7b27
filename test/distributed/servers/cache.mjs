import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const heartbeatMs = 2_000;
const staleMs = 20_000;

/** Where servers are kept between runs: PALIMPSEST_SERVERS, or a folder below the user's cache. */
export function cacheFolder(options) {
  const home = path.join(homedir(), '.cache', 'palimpsest-servers');
  return path.resolve(options.cache ?? process.env.PALIMPSEST_SERVERS ?? home);
}

/** The folder of an entry of the cache when it has been filled. */
export function cached(cache, name) {
  const folder = path.join(cache, name);
  return existsSync(folder) ? folder : undefined;
}

/**
 * The folder of an entry of the cache, filled first when it is not there. It appears whole or not at all, and of several
 * processes that ask at once one fills it and the others wait; one that is killed meanwhile is replaced after 20 s.
 *
 * @param fill puts the files into the empty folder it is given
 */
export async function fetched(cache, name, fill) {
  const folder = path.join(cache, name);
  const lock = `${folder}.lock`;
  await mkdir(cache, { recursive: true });
  while (!existsSync(folder)) {
    if (await taken(lock)) await sleep(200);
    else await fillAside(folder, lock, fill);
  }
  return folder;
}

async function fillAside(folder, lock, fill) {
  const heartbeat = setInterval(() => void beat(lock), heartbeatMs);
  try {
    await removeAbandoned(folder);
    const aside = `${folder}.partial-${process.pid}`;
    await mkdir(aside);
    await fill(aside);
    if (!existsSync(folder)) await rename(aside, folder);
  } finally {
    clearInterval(heartbeat);
    await removeAbandoned(folder);
    await rm(lock, { force: true });
  }
}

/** Takes the lock when it is free, or when whoever has it no longer touches it. */
async function taken(lock) {
  try {
    await writeFile(lock, '', { flag: 'wx' });
    return false;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const found = await stat(lock).catch(() => undefined);
  if (found && Date.now() - found.mtimeMs > staleMs) await rm(lock, { force: true });
  return true;
}

async function beat(lock) {
  const now = new Date();
  await utimes(lock, now, now).catch(() => undefined);
}

async function removeAbandoned(folder) {
  const parent = path.dirname(folder);
  const abandoned = (await readdir(parent)).filter((name) =>
    name.startsWith(`${path.basename(folder)}.partial-`),
  );
  for (const name of abandoned) await rm(path.join(parent, name), { recursive: true, force: true });
}
