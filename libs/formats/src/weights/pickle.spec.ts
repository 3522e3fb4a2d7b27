import { describe, expect, it } from 'vitest';
import { unpickle } from './pickle.js';

const nothing = {
  functions: new Map<string, (...args: unknown[]) => unknown>(),
  values: new Map<string, unknown>(),
  persistent: () => null,
};
const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part)] : part)));

describe('unpickle', () => {
  it('reads what pickle.dumps wrote, of protocols 2 and 5', () => {
    // pickle.dumps({'a': [1, -2, 70000, 2.5, None, True], 'b': (1, 2), 'c': 2**40}, protocol)
    const expected = new Map<string, unknown>([
      ['a', [1, -2, 70000, 2.5, null, true]],
      ['b', [1, 2]],
      ['c', 2 ** 40],
    ]);
    const protocol2 =
      'gAJ9cQAoWAEAAABhcQFdcQIoSwFK/v///0pwEQEAR0AEAAAAAAAATohlWAEAAABicQNLAUsChnEEWAEAAABjcQWKBgAAAAAAAXUu';
    const protocol5 =
      'gAWVOgAAAAAAAAB9lCiMAWGUXZQoSwFK/v///0pwEQEAR0AEAAAAAAAATohljAFilEsBSwKGlIwBY5SKBgAAAAAAAXUu';
    for (const base64 of [protocol2, protocol5]) {
      const pickled = new Uint8Array(Buffer.from(base64, 'base64'));
      expect(unpickle(pickled, nothing)).toEqual({ value: expected, end: pickled.length });
    }
  });

  it('names what would have to be run, and does not run it', () => {
    // pickle.dumps of an object whose __reduce__ is (os.system, ('true',))
    const protocol2 = bytes([0x80, 2], 'cposix\nsystem\n', 'X', [4, 0, 0, 0], 'true', [0x85], 'R.');
    const protocol4 = bytes(
      [0x80, 4],
      [0x8c, 5],
      'posix',
      [0x8c, 6],
      'system',
      [0x93],
      [0x8c, 4],
      'true',
      [0x85],
      'R.',
    );
    for (const evil of [protocol2, protocol4]) {
      expect(() => unpickle(evil, nothing)).toThrow(
        new TypeError(
          'pickle: expected tensors and plain values, found posix.system, which would have to be run',
        ),
      );
    }
  });

  it('calls only functions, never a value it was given', () => {
    const world = { ...nothing, values: new Map([['torch float32', 'float32']]) };
    expect(() => unpickle(bytes('ctorch\nfloat32\n', ')R.'), world)).toThrow(/expected a call/);
  });

  it.each([
    [
      'an end in the middle',
      bytes([0x80, 2], 'X', [9, 0, 0, 0], 'abc'),
      /truncated: needs 16 bytes, found 10/,
    ],
    ['no end', bytes([0x80, 2], 'N'), /truncated/],
    ['an empty stack', bytes('.'), /expected a value on the stack/],
    ['a mark that is not there', bytes('t.'), /expected a mark/],
    ['something never remembered', bytes('h', [7], '.'), /something remembered as 7/],
    ['an operation of another kind', bytes('i.'), /byte 0: .* found 0x69/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => unpickle(wrong, nothing)).toThrow(message);
  });
});
