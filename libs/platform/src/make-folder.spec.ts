import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.js';
import { FileStore } from './store/file-store.js';

describe('makeFolder', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palimpsest-folder-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('makes what is missing, whoever makes it at the same time', async () => {
    const below = join(folder, 'a', 'b', 'c');
    await Promise.all([makeFolder(below), makeFolder(below), makeFolder(join(folder, 'a', 'd'))]);
    expect((await readdir(join(folder, 'a'))).sort()).toEqual(['b', 'd']);
    expect(await readdir(below)).toEqual([]);
  });

  it('makes nothing below a file', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(makeFolder(join(folder, 'file', 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.skipIf(!existsSync('/proc/self'))(
    'says which place takes no folders, as a store there does',
    async () => {
      const message = '/proc takes no folder: /proc/palimpsest cannot be made';
      await expect(makeFolder('/proc/palimpsest/a/b')).rejects.toMatchObject({ code: 'invalid', message });
      await expect(new FileStore('/proc/palimpsest').ping()).rejects.toMatchObject({
        code: 'invalid',
        message: `store /proc/palimpsest: could not write to it: ${message}`,
      });
    },
  );
});
