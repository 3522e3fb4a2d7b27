import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileStore } from './file-store.js';
import { MemoryStore } from './memory-store.js';
import { Store, type StoreDriver } from './store.js';

const text = (value: string) => new TextEncoder().encode(value);

async function keysOf(driver: StoreDriver, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of driver.list(prefix)) keys.push(key);
  return keys;
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Every driver, and how to open an empty store. */
const drivers: [string, () => Promise<StoreDriver>][] = [
  ['MemoryStore', () => Promise.resolve(new MemoryStore())],
  ['FileStore', async () => new FileStore(await mkdtemp(join(folder, 'store-')))],
];

describe.each(drivers)('%s is a store driver that', (_, open) => {
  it('reads what was written, as its own copy', async () => {
    const driver = await open();
    const body = text('first');
    await driver.write('a/b.json', body);
    body[0] = 0;
    const read = await driver.read('a/b.json');
    read?.fill(0);
    expect(await driver.read('a/b.json')).toEqual(expect.objectContaining({ length: 5 }));
    expect(Buffer.from((await driver.read('a/b.json')) ?? '').toString()).toBe('first');
  });

  it('replaces what was there', async () => {
    const driver = await open();
    await driver.write('key', text('a longer body'));
    await driver.write('key', text('short'));
    expect(Buffer.from((await driver.read('key')) ?? '').toString()).toBe('short');
  });

  it('keeps an empty body', async () => {
    const driver = await open();
    await driver.write('empty', new Uint8Array());
    expect((await driver.read('empty'))?.length).toBe(0);
    expect(await driver.exists('empty')).toBe(true);
  });

  it('reads a range, cut at the end of the body', async () => {
    const driver = await open();
    await driver.write('key', text('0123456789'));
    expect(Buffer.from((await driver.read('key', [2, 5])) ?? '').toString()).toBe('234');
    expect(Buffer.from((await driver.read('key', [8, 20])) ?? '').toString()).toBe('89');
  });

  it('says undefined and false of what is not there, and of a folder', async () => {
    const driver = await open();
    await driver.write('folder/file', text('x'));
    for (const key of ['nothing', 'folder', 'folder/file/deeper']) {
      expect(await driver.read(key)).toBeUndefined();
      expect(await driver.exists(key)).toBe(false);
    }
  });

  it('lists keys under a prefix in alphabetical order', async () => {
    const driver = await open();
    for (const key of ['b', 'a/c/0', 'a-b', 'a/b', 'ab/x', 'a.b']) await driver.write(key, text('x'));
    expect(await keysOf(driver, '')).toEqual(['a-b', 'a.b', 'a/b', 'a/c/0', 'ab/x', 'b']);
    expect(await keysOf(driver, 'a/')).toEqual(['a/b', 'a/c/0']);
    expect(await keysOf(driver, 'none/')).toEqual([]);
  });

  it('deletes, and does not mind what is not there', async () => {
    const driver = await open();
    await driver.write('key', text('x'));
    await driver.delete('key');
    await driver.delete('key');
    expect(await driver.exists('key')).toBe(false);
    expect(await keysOf(driver, '')).toEqual([]);
  });

  it('shows a reader one whole body while others are written', async () => {
    const driver = await open();
    const bodies = [new Uint8Array(300_000).fill(1), new Uint8Array(200_000).fill(2)];
    await driver.write('key', text(''));
    const writes = bodies.flatMap((body) => [driver.write('key', body), driver.write('key', body)]);
    const reads = await Promise.all(Array.from({ length: 20 }, () => driver.read('key')));
    await Promise.all(writes);
    for (const read of reads) expect([0, 200_000, 300_000]).toContain(read?.length);
  });

  it('holds artifacts that are verified when they are read', async () => {
    const store = new Store(await open());
    const ref = await store.put('artifacts', text('bytes'), '.txt');
    expect(ref.key).toBe(`artifacts/${ref.sha256}.txt`);
    expect(Buffer.from(await store.get(ref)).toString()).toBe('bytes');
  });
});
