import { PlatformError } from '@palimpsest/contracts';
import { faulty, first } from '@palimpsest/testing';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../store/memory-store.js';
import type { StoreDriver } from '../store/store.js';
import { measured, type StoreCall } from './store-calls.js';

function open(driver: StoreDriver = new MemoryStore()) {
  const calls: StoreCall[] = [];
  return { calls, store: measured(driver, (call) => calls.push(call)) };
}
const told = (calls: StoreCall[]) => calls.map(({ operation, bytes, code }) => [operation, bytes, code]);

describe('a measured store', () => {
  it('is the store it was, and tells the bytes of each call', async () => {
    const { store, calls } = open();
    await store.write('a/b', Uint8Array.of(1, 2, 3));
    expect(await store.read('a/b', [1, 3])).toEqual(Uint8Array.of(2, 3));
    expect(await store.read('a/none')).toBeUndefined();
    expect(await store.exists('a/b')).toBe(true);
    await store.delete('a/b');
    expect(told(calls)).toEqual([
      ['write', 3, undefined],
      ['read', 2, undefined],
      ['read', 0, undefined],
      ['exists', 0, undefined],
      ['delete', 0, undefined],
    ]);
    for (const { seconds } of calls) expect(seconds).toBeGreaterThanOrEqual(0);
  });

  it('tells of a listing when its reader has had enough', async () => {
    const { store, calls } = open();
    for (const key of ['a/1', 'a/2', 'a/3']) await store.write(key, Uint8Array.of(1));
    const keys: string[] = [];
    for await (const key of store.list('a/')) {
      keys.push(key);
      if (keys.length === 2) break;
    }
    expect(keys).toEqual(['a/1', 'a/2']);
    expect(told(calls).at(-1)).toEqual(['list', 0, undefined]);
  });

  it('tells why a call failed, and lets it fail', async () => {
    const full = faulty(new MemoryStore(), { write: first(1, new PlatformError('unavailable', 'full')) });
    const { store, calls } = open(full);
    await expect(store.write('a', Uint8Array.of(1))).rejects.toThrow('full');
    await store.write('a', Uint8Array.of(1));
    expect(told(calls)).toEqual([
      ['write', 1, 'unavailable'],
      ['write', 1, undefined],
    ]);
  });
});
