import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PlatformError } from '@palimpsest/contracts';
import { z } from 'zod';
import { isGone, thisProcess } from '../process-owner.js';

const ownerSchema = z.object({ host: z.string(), pid: z.int(), started: z.string() });

/**
 * Claims a folder for this process by a file `<folder>.lock` beside it; a lock whose process is gone is taken over.
 *
 * @returns how to let it go
 * @throws PlatformError `conflict` while another process has it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = `${folder}.lock`;
  await mkdir(dirname(path), { recursive: true });
  const taken =
    (await take(path)) || ((await isStale(path)) && (await rm(path, { force: true }), await take(path)));
  if (!taken) throw await inUse(folder, path);
  return () => rm(path, { force: true });
}

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(thisProcess()), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A lock that says nothing was cut off while it was written. */
async function isStale(path: string): Promise<boolean> {
  const owner = await ownerOf(path);
  return owner === undefined || isGone(owner);
}

async function ownerOf(path: string): Promise<z.infer<typeof ownerSchema> | undefined> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function inUse(folder: string, path: string): Promise<PlatformError> {
  const owner = await ownerOf(path);
  const who = owner ? `process ${owner.pid} on ${owner.host}` : 'another process';
  return new PlatformError(
    'conflict',
    `${folder} is in use by ${who}: stop it, or use another DATA_DIR (if it runs no more, delete ${path})`,
  );
}
