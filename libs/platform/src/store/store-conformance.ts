import { PlatformError } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { Store, type StoreDriver } from './store.js';

const text = (value: string) => new TextEncoder().encode(value);
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

async function keysOf(driver: StoreDriver, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of driver.list(prefix)) keys.push(key);
  return keys;
}

/** Bytes that no compression makes small, the same every time. */
function noise(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) words[i] = state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return new Uint8Array(words.buffer, 0, length);
}

const unusual = [
  'with a space',
  'a+b',
  '100%',
  '100%25',
  'a&b<c>"d\'',
  'ümläut',
  '日本/語',
  'tilde~(1)!*',
  '007',
  '1e3',
];

/**
 * What every store driver does.
 * @param open opens a store that is empty
 */
export function describeStoreDriver(name: string, open: () => Promise<StoreDriver>): void {
  describe(`${name} is a store driver that`, () => {
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
      const reads = Array.from({ length: 20 }, async () => {
        const read = await driver.read('key');
        expect([0, 200_000, 300_000]).toContain(read?.length);
      });
      await Promise.all([...writes, ...reads]);
    });

    it('holds artifacts that are verified when they are read', async () => {
      const store = new Store(await open());
      const ref = await store.put('artifacts', text('bytes'), '.txt');
      expect(ref.key).toBe(`artifacts/${ref.sha256}.txt`);
      expect(Buffer.from(await store.get(ref)).toString()).toBe('bytes');
    });

    it('reads nothing of a range behind the end, and undefined of a range of nothing', async () => {
      const driver = await open();
      await driver.write('key', text('0123456789'));
      await driver.write('empty', new Uint8Array());
      for (const range of [
        [10, 12],
        [400, 500],
        [3, 3],
      ] as [number, number][])
        expect((await driver.read('key', range))?.length).toBe(0);
      expect((await driver.read('empty', [0, 5]))?.length).toBe(0);
      expect(await driver.read('nothing', [0, 5])).toBeUndefined();
      expect(await driver.read('nothing', [3, 3])).toBeUndefined();
    });

    it('keeps keys as they are, whatever they look like', async () => {
      const driver = await open();
      for (const key of unusual) await driver.write(`odd/${key}`, text(key));
      for (const key of unusual) expect(textOf(await driver.read(`odd/${key}`))).toBe(key);
      const sorted = unusual.map((key) => `odd/${key}`).sort((a, b) => Buffer.compare(text(a), text(b)));
      expect(await keysOf(driver, 'odd/')).toEqual(sorted);
      expect(await keysOf(driver, 'odd/日本/')).toEqual(['odd/日本/語']);
      for (const key of unusual) await driver.delete(`odd/${key}`);
      expect(await keysOf(driver, '')).toEqual([]);
    });

    it('lists in the order of UTF-8 bytes', async () => {
      const driver = await open();
      const keys = ['p/\u{1f600}', 'p/\uff5e', 'p/z', 'p/Z', 'p/é'];
      for (const key of keys) await driver.write(key, text('x'));
      expect(await keysOf(driver, 'p/')).toEqual(['p/Z', 'p/z', 'p/é', 'p/\uff5e', 'p/\u{1f600}']);
    });

    it('lists 2,500 keys, each once and in order', async () => {
      const driver = await open();
      const keys = Array.from({ length: 2500 }, (_, i) => `many/${i % 7}/${String(i).padStart(5, '0')}`);
      for (let i = 0; i < keys.length; i += 50)
        await Promise.all(keys.slice(i, i + 50).map((key) => driver.write(key, text(key))));
      expect(await keysOf(driver, 'many/')).toEqual([...keys].sort());
      expect(await keysOf(driver, 'many/3/')).toHaveLength(357);
    }, 120_000);

    it('keeps a body of 40 MB, and reads its middle', async () => {
      const driver = await open();
      const body = noise(40_000_000);
      await driver.write('large', body);
      expect(Buffer.compare((await driver.read('large')) ?? text(''), body)).toBe(0);
      const middle = await driver.read('large', [20_000_001, 20_000_011]);
      expect(middle && [...middle]).toEqual([...body.subarray(20_000_001, 20_000_011)]);
      expect(await driver.holds('large', body)).toBe(true);
      body[39_999_999] = (body[39_999_999] ?? 0) ^ 1;
      expect(await driver.holds('large', body)).toBe(false);
    }, 60_000);

    it('lets 50 write one key at once: it holds the whole of one of them', async () => {
      const driver = await open();
      const bodies = Array.from({ length: 50 }, (_, i) => noise(100_000 + i, i + 1));
      await Promise.all(bodies.map((body) => driver.write('contested', body)));
      const read = await driver.read('contested');
      const same = bodies.filter((body) => Buffer.compare(body, read ?? text('')) === 0);
      expect(same).toHaveLength(1);
      expect(await keysOf(driver, '')).toEqual(['contested']);
    }, 60_000);

    it('never says that it holds what it does not', async () => {
      const driver = await open();
      await driver.write('key', text('right'));
      expect(await driver.holds('key', text('wrong'))).toBe(false);
      expect(await driver.holds('key', text('longer'))).toBe(false);
      expect(await driver.holds('nothing', text(''))).toBe(false);
    });

    it('knows size and age without reading', async () => {
      const driver = await open();
      const before = Date.now();
      await driver.write('key', text('12345'));
      const entry = await driver.stat('key');
      expect(entry).toMatchObject({ key: 'key', bytes: 5 });
      expect(Math.abs((entry?.modified.getTime() ?? 0) - before)).toBeLessThan(60_000);
      expect(await driver.stat('nothing')).toBeUndefined();
    });

    it('can be asked whether it works, which leaves no trace', async () => {
      const driver = await open();
      await driver.ping();
      expect(await keysOf(driver, '')).toEqual([]);
      for await (const left of driver.leftovers()) expect.fail(`found ${left.key}`);
    });

    it('holds artifacts and trees: a damaged one is named, set aside, and repaired by putting it again', async () => {
      const driver = await open();
      const store = new Store(driver);
      const body = noise(600_000);
      const ref = await store.put('artifacts', body);
      const wrong = Uint8Array.from(body).fill(0, 0, 10);
      await driver.write(ref.key, wrong);
      await store.put('artifacts', body);
      expect(Buffer.compare(await store.get(ref), body)).toBe(0);
      await driver.write(ref.key, wrong);
      const error: unknown = await store.get(ref).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(PlatformError);
      expect(error).toMatchObject({ code: 'corrupt', message: expect.stringContaining(ref.key) as string });
      expect(await keysOf(driver, '')).toEqual([`corrupt/${ref.key}`]);
      const files = Array.from({ length: 30 }, (_, i) => [`c/${i}`, noise(1000, i + 1)] as const);
      const tree = await store.putTree('trees/a', files);
      expect(await store.has(tree)).toBe(true);
      expect((await store.openTree(tree)).paths).toHaveLength(30);
    });
  });
}
