import { PlatformError } from '@palimpsest/contracts';
import { faulty, first } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MemoryStore } from './memory-store.js';
import { Store } from './store.js';

const text = (value: string) => new TextEncoder().encode(value);

describe('Store', () => {
  it('names a corrupt artifact, what was expected and what was found, and makes room for it to be made again', async () => {
    const driver = new MemoryStore();
    const store = new Store(driver);
    const ref = await store.put('artifacts', text('right'));
    await driver.write(ref.key, text('wrong'));
    const error: unknown = await store.get(ref).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'corrupt' });
    expect(String(error)).toContain(ref.key);
    expect(String(error)).toContain(ref.sha256);
    expect(await store.has(ref)).toBe(false);
    expect(await driver.exists(`corrupt/${ref.key}`)).toBe(true);
    expect(await store.put('artifacts', text('right'))).toEqual(ref);
    expect(await store.get(ref)).toEqual(text('right'));
  });

  it('repairs a damaged artifact that is put again', async () => {
    const driver = new MemoryStore();
    const store = new Store(driver);
    const ref = await store.put('artifacts', text('right'));
    await driver.write(ref.key, text('wrong'));
    await store.put('artifacts', text('right'));
    expect(await store.get(ref)).toEqual(text('right'));
  });

  it('writes an artifact once', async () => {
    const store = new Store(
      faulty(new MemoryStore(), { write: (call) => (call > 1 ? new Error('written twice') : undefined) }),
    );
    const ref = await store.put('artifacts', text('bytes'));
    expect(await store.put('artifacts', text('bytes'))).toEqual(ref);
  });

  it('says not-found of an artifact that is gone', async () => {
    const store = new Store(new MemoryStore());
    const ref = await store.put('artifacts', text('bytes'));
    await store.deleteRecord(ref.key);
    await expect(store.get(ref)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('passes on what its driver fails with', async () => {
    const error = new PlatformError('unavailable', 'disk full');
    const store = new Store(faulty(new MemoryStore(), { write: first(1, error) }));
    await expect(store.put('artifacts', text('bytes'))).rejects.toBe(error);
  });

  it('gives equal values equal references, whatever the order of their fields', async () => {
    const store = new Store(new MemoryStore());
    const ref = await store.putJson('json', { b: [1, { d: 1, c: null }], a: 'x' });
    expect(await store.putJson('json', { a: 'x', b: [1, { c: null, d: 1 }] })).toEqual(ref);
    expect(await store.getJson(ref, z.object({ a: z.string() }))).toEqual({ a: 'x' });
    await expect(store.getJson(ref, z.object({ a: z.number() }))).rejects.toMatchObject({ code: 'invalid' });
  });

  it('refuses a value that JSON would change', async () => {
    const store = new Store(new MemoryStore());
    await expect(store.putJson('json', { auc: NaN })).rejects.toThrow(
      '"auc": expected a JSON value, found NaN',
    );
  });

  it('keeps a tree, told by its listing and verified file by file', async () => {
    const driver = new MemoryStore();
    const store = new Store(driver);
    const ref = await store.putTree(
      'trees/a',
      new Map([
        ['zarr.json', text('{}')],
        ['c/0', text('chunk')],
      ]),
    );
    const tree = await store.openTree(ref);
    expect(tree.paths.sort()).toEqual(['c/0', 'zarr.json']);
    expect(await tree.read('c/0')).toEqual(text('chunk'));
    expect(await tree.read('c/1')).toBeUndefined();
    await driver.write('trees/a/c/0', text('other'));
    await expect(tree.read('c/0')).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('takes the files of a tree one by one', async () => {
    const store = new Store(new MemoryStore());
    async function* files() {
      await Promise.resolve();
      yield ['one', text('1')] as const;
    }
    expect((await store.openTree(await store.putTree('trees/a', files()))).paths).toEqual(['one']);
  });

  it('knows whether every file of a tree is there', async () => {
    const store = new Store(new MemoryStore());
    const ref = await store.putTree('trees/a', new Map([['c/0', text('chunk')]]));
    expect(await store.has(ref)).toBe(true);
    await store.deleteRecord('trees/a/c/0');
    expect(await store.has(ref)).toBe(false);
    await store.putTree('trees/a', new Map([['c/0', text('chunk')]]));
    await store.writeRecord(ref.listing.key, text('damaged'));
    expect(await store.has(ref)).toBe(false);
  });

  it.each(['', '/etc/passwd', '../x', 'a/../b', 'a//b', 'a/', './a', 'a\\b', 'a\0b', '.tmp/a'])(
    'refuses the key "%s"',
    async (key) => {
      const store = new Store(new MemoryStore());
      await expect(store.writeRecord(key, text('x'))).rejects.toMatchObject({ code: 'invalid' });
      await expect(store.readRecord(key)).rejects.toMatchObject({ code: 'invalid' });
      await expect(store.get({ key, sha256: '0'.repeat(64), bytes: 0 })).rejects.toMatchObject({
        code: 'invalid',
      });
    },
  );

  it('refuses a prefix that could be half a name', () => {
    const store = new Store(new MemoryStore());
    expect(() => store.list('tasks/12')).toThrow('expected a slash at its end');
    expect(() => store.list('../')).toThrow(PlatformError);
  });
});

describe('a body that the store itself cannot read', () => {
  const unreadable = () => {
    const driver = new MemoryStore();
    const error = new PlatformError('corrupt', 'artifacts/x: cannot be read');
    return { driver, store: new Store(faulty(driver, { read: () => error })) };
  };

  it('makes room for an artifact to be made again', async () => {
    const { driver, store } = unreadable();
    const ref = await store.put('artifacts', text('bytes'));
    const message = 'artifacts/x: cannot be read; deleted, so that the task that made it can run again';
    await expect(store.get(ref)).rejects.toMatchObject({ code: 'corrupt', message });
    expect(await driver.exists(ref.key)).toBe(false);
  });

  it('counts as absent where it is a record', async () => {
    const { store } = unreadable();
    await store.writeRecord('tasks/a/output.json', text('{}'));
    expect(await store.readRecord('tasks/a/output.json')).toBeUndefined();
  });
});
