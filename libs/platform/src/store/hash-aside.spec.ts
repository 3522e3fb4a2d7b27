import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashAside } from './hash-aside.js';

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const body = (length: number) => Uint8Array.from(randomBytes(length));

describe('hashing aside', () => {
  it('gives bodies back as they were, each with its own hash, small and large', async () => {
    const bodies = [10, 1_000_000, 0, 300_000, 5_000_000].map(body);
    const copies = bodies.map((each) => each.slice());
    const hashed = await Promise.all(bodies.map((each) => hashAside(each)));
    for (const [i, { sha256, bytes }] of hashed.entries()) {
      expect(Buffer.compare(bytes, copies[i]!)).toBe(0);
      expect(sha256).toBe(hashOf(copies[i]!));
    }
  });

  it('leaves memory alone that others may look at', async () => {
    const shared = body(1_000_000);
    const part = shared.subarray(0, 500_000);
    expect((await hashAside(part)).sha256).toBe(hashOf(part));
    expect(shared).toHaveLength(1_000_000);
  });
});
