import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileStore } from './file-store.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-store-'));
});
afterAll(() => rm(folder, { recursive: true }));
const fresh = () => mkdtemp(join(folder, 'store-'));

describe('FileStore', () => {
  it('sweeps what killed processes left, and nothing that others write', async () => {
    const root = await fresh();
    const temporary = join(root, '.tmp');
    await mkdir(temporary);
    const gone = `${hostname()}~999999999~1~a`;
    const elsewhere = 'another-machine~1~1~b';
    const forgotten = 'another-machine~1~1~c';
    for (const name of [gone, elsewhere, forgotten]) await writeFile(join(temporary, name), 'half');
    const longAgo = new Date(Date.now() - 2 * 86_400_000);
    await utimes(join(temporary, forgotten), longAgo, longAgo);
    const store = new FileStore(root);
    await store.write('key', new Uint8Array(1));
    expect(await readdir(temporary)).toEqual([elsewhere]);
    const keys: string[] = [];
    for await (const key of store.list('')) keys.push(key);
    expect(keys).toEqual(['key']);
  });

  it('leaves nothing behind when a write fails, and says which key', async () => {
    const root = await fresh();
    const store = new FileStore(root);
    await store.write('file', new Uint8Array(1));
    await expect(store.write('file/below', new Uint8Array(1))).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('write file/below') as string,
    });
    expect(await readdir(join(root, '.tmp'))).toEqual([]);
  });

  it('cannot be where a file is', async () => {
    const path = join(await fresh(), 'file');
    await writeFile(path, '');
    await expect(new FileStore(path).write('key', new Uint8Array(1))).rejects.toMatchObject({
      code: 'invalid',
    });
  });

  it.skipIf(platform() !== 'linux')('tells a refusal from a failure that may pass', async () => {
    await expect(new FileStore('/sys').write('key', new Uint8Array(1))).rejects.toMatchObject({
      code: 'denied',
      cause: expect.objectContaining({ syscall: 'mkdir' }) as object,
    });
    await expect(new FileStore('/proc/self').read('mem')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('read mem') as string,
    });
  });
});
