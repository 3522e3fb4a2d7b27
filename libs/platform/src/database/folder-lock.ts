import { createHash, randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PlatformError } from '@palimpsest/contracts';
import { z } from 'zod';
import { makeFolder } from '../make-folder.js';
import { isGone, thisProcess, type ProcessOwner } from '../process-owner.js';

const ownerSchema = z.object({ host: z.string(), pid: z.int(), started: z.string() });

/** Between looking at a lock and taking it, others may come and go. */
const TRIES = 3;

/**
 * Claims a folder for this process by a file `<folder>.lock` beside it; a lock whose process is gone is taken over, by
 * one process however many try.
 *
 * @returns how to let it go
 * @throws PlatformError `conflict` while another process has it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = `${folder}.lock`;
  await makeFolder(dirname(path));
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (await acquire(path)) {
      await sweep(path);
      return () => rm(path, { force: true });
    }
    if ((await contentOf(path)) !== undefined) break;
  }
  throw await inUse(folder, path);
}

/**
 * A stale lock is only replaced by whoever holds its claim: a lock of its own, named after the content of the stale one.
 * A claim that was left by a killed process is stale itself, and taken over in the same way.
 */
async function acquire(path: string): Promise<boolean> {
  if (await create(path)) return true;
  const stale = await contentOf(path);
  if (stale === undefined || !isStale(stale)) return false;
  const claim = `${path}.${createHash('sha256').update(stale).digest('hex').slice(0, 12)}`;
  if (!(await acquire(claim))) return false;
  try {
    // Whoever held the claim before may have replaced the lock since it was read.
    if ((await contentOf(path)) !== stale) return false;
    await rename(await written(path), path);
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

/** Removes what killed processes left beside the lock. Whoever holds it may: no claim but on this lock matters now. */
async function sweep(path: string): Promise<void> {
  const mine = `${basename(path)}.`;
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(mine)) continue;
    const file = join(dirname(path), name);
    const owner = ownerByName(name.slice(mine.length)) ?? ownerIn((await contentOf(file)) ?? '');
    if (owner && isGone(owner)) await rm(file, { force: true });
  }
}

/** What a file that is being written, for the lock or for a claim on it, does not say yet, its name does. */
function ownerByName(suffix: string): ProcessOwner | undefined {
  const [host, pid, started, id] = suffix.replace(CLAIMS, '').split(SEPARATOR);
  if (host === undefined || started === undefined || id === undefined) return undefined;
  return { host, pid: Number(pid), started };
}

const SEPARATOR = '~';
const CLAIMS = /^(?:[0-9a-f]{12}\.)+/;

/** Makes the file with all it says in one step, unless it is there. */
async function create(path: string): Promise<boolean> {
  const whole = await written(path);
  try {
    await link(whole, path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw error;
    return await createWithoutLinks(path);
  } finally {
    await rm(whole, { force: true });
  }
}

const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

async function createWithoutLinks(path: string): Promise<boolean> {
  try {
    await writeFile(path, said(), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A file of this attempt's own, with what the lock is to say. */
async function written(path: string): Promise<string> {
  const { host, pid, started } = thisProcess();
  const mine = `${path}.${[host, pid, started, randomUUID()].join(SEPARATOR)}`;
  await writeFile(mine, said(), { flag: 'wx' });
  return mine;
}

/** No two locks say the same. */
const said = () => JSON.stringify({ ...thisProcess(), lock: randomUUID() });

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A lock that says nothing was cut off while it was written. */
function isStale(content: string): boolean {
  const owner = ownerIn(content);
  return owner === undefined || isGone(owner);
}

function ownerIn(content: string): ProcessOwner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(content));
  } catch {
    return undefined;
  }
}

async function inUse(folder: string, path: string): Promise<PlatformError> {
  const owner = ownerIn((await contentOf(path)) ?? '');
  const who = owner ? `process ${owner.pid} on ${owner.host}` : 'another process';
  return new PlatformError(
    'conflict',
    `${folder} is in use by ${who}: stop it, or use another DATA_DIR (if it runs no more, delete ${path})`,
  );
}
