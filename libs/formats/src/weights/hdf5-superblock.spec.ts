import { describe, expect, it } from 'vitest';
import { endOfFile, lookup3, withEnd } from './hdf5-superblock.js';

describe('lookup3', () => {
  it.each([
    // hashlittle(key, length, 0) as lookup3.c prints it in its own tests
    ['', 0xdeadbeef],
    ['Four score and seven years ago', 0x17770551],
  ])('of %j is as published', (text, expected) => {
    expect(lookup3(new TextEncoder().encode(text))).toBe(expected);
  });
});

describe('the end of an HDF5 file', () => {
  it.each([0, 1, 2, 3])('is found and moved in superblocks of version %d', (version) => {
    const bytes = new Uint8Array(100);
    bytes[8] = version;
    bytes[version < 2 ? 13 : 9] = 8;
    new DataView(bytes.buffer).setBigUint64([40, 44, 28, 28][version]!, 5000n, true);
    const end = endOfFile(bytes)!;
    expect(end.value).toBe(5000);
    const moved = withEnd(bytes, end);
    expect(endOfFile(moved)?.value).toBe(100);
    const checksum = new DataView(moved.buffer).getUint32(44, true);
    if (version >= 2) expect(checksum).toBe(lookup3(moved.subarray(0, 44)));
  });

  it('is moved in a copy, also of a Buffer', () => {
    const bytes = Buffer.alloc(200).subarray(50, 150);
    bytes[13] = 8;
    bytes.writeBigUInt64LE(5000n, 40);
    expect(endOfFile(withEnd(bytes, endOfFile(bytes)!))?.value).toBe(100);
    expect(endOfFile(bytes)?.value).toBe(5000);
  });

  it('is not guessed', () => {
    expect(endOfFile(new Uint8Array(30))).toBeUndefined();
    expect(endOfFile(new Uint8Array(100).fill(9))).toBeUndefined();
  });
});
