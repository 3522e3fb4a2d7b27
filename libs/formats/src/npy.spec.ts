import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readNpy, writeNpy } from './npy.js';

const golden = '../shared/golden/svcca/mnist-model0-layer04.npy';

/** An npy file as NumPy would write it, from its header and its data. */
function npyFile(header: string, data: Uint8Array, version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const start = version === 1 ? 10 : 12;
  const bytes = new Uint8Array(start + text.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, text.length, 0]);
  bytes.set(text, start);
  bytes.set(data, start + text.length);
  return bytes;
}

const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe('npy', () => {
  it('gives back what was written, float32 and float64, of any rank', () => {
    for (const shape of [[], [6], [2, 3], [3, 1, 2], [0, 4]]) {
      const length = shape.reduce((a, b) => a * b, 1);
      for (const data of [new Float32Array(length).fill(0.1), new Float64Array(length).fill(0.1)]) {
        expect(readNpy(writeNpy({ shape, data }))).toMatchObject({ shape, data });
      }
    }
  });

  it('is written byte for byte as numpy.save does', () => {
    const bytes = writeNpy({ shape: [3], data: Float32Array.of(1, 2, 3) });
    const text = "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    expect(Buffer.from(bytes.subarray(0, 128)).toString('latin1')).toBe(`${text.padEnd(127)}\n`);
    expect(Buffer.from(bytes.subarray(128)).toString('hex')).toBe('0000803f0000004000004040');
  });

  it('turns Fortran order into C order', () => {
    const data = Uint8Array.of(0, 3, 1, 4, 2, 5);
    const array = readNpy(npyFile(header('|u1', '(2, 3)', 'True'), data));
    expect([...array.data]).toEqual([0, 1, 2, 3, 4, 5]);
    const cube = readNpy(npyFile(header('|u1', '(2, 1, 3)', 'True'), data));
    expect([...cube.data]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ['>f4', [0x40, 0x49, 0x0f, 0xdb], 'float32', Math.fround(Math.PI)],
    ['<f2', [0x00, 0xc0], 'float16', -2],
    ['>i2', [0xff, 0xfe], 'int16', -2],
    ['<u4', [1, 0, 0, 0x80], 'uint32', 2 ** 31 + 1],
    ['<i8', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 'int64', -1],
    ['|b1', [1], 'bool', 1],
    ['>f8', [0x3f, 0xf0, 0, 0, 0, 0, 0, 0], 'float64', 1],
  ])('reads %s', (descr, data, dtype, value) => {
    for (const version of [1, 2, 3]) {
      const array = readNpy(npyFile(header(descr, '(1,)'), Uint8Array.from(data), version));
      expect(array.dtype).toBe(dtype);
      expect([...array.data]).toEqual([value]);
    }
  });

  it('refuses what it cannot hold exactly', () => {
    const big = Uint8Array.of(1, 0, 0, 0, 0, 0, 0x20, 0);
    expect(() => readNpy(npyFile(header('<i8', '(1,)'), big))).toThrow(
      '9007199254740993 has no exact float64',
    );
  });

  it.each([
    [
      'a wrong magic string',
      new TextEncoder().encode('PK\x03\x04 something else'),
      'expected the magic string',
    ],
    ['an empty file', new Uint8Array(0), 'expected the magic string'],
    ['a cut header', writeNpy({ shape: [1], data: new Float32Array(1) }).subarray(0, 60), 'ends at byte 128'],
    [
      'a cut array',
      writeNpy({ shape: [2], data: new Float32Array(2) }).subarray(0, 135),
      'needs 8 bytes of data, found 7',
    ],
    ['surplus bytes', npyFile(header('<f4', '(1,)'), new Uint8Array(5)), 'needs 4 bytes of data, found 5'],
    ['objects', npyFile(header('|O', '(1,)'), new Uint8Array(8)), 'found |O'],
    ['complex numbers', npyFile(header('<c8', '(1,)'), new Uint8Array(8)), 'found <c8'],
    [
      'records',
      npyFile("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", new Uint8Array(4)),
      "found [('a', '<f4')]",
    ],
    ['a header that is none', npyFile('{}', new Uint8Array(0)), 'expected a header with descr'],
    ['a version to come', npyFile(header('<f4', '(0,)'), new Uint8Array(0), 9), 'version 1, 2 or 3, found 9'],
  ])('says what is wrong with %s', (_, bytes, message) => {
    expect(() => readNpy(bytes)).toThrow(message);
  });

  it('is not written from data that do not fill the shape', () => {
    expect(() => writeNpy({ shape: [2, 2], data: new Float32Array(3) })).toThrow('needs 4 numbers, found 3');
  });

  it.skipIf(!existsSync(golden))('reads a real activation matrix (skipped: ../shared not there)', () => {
    const { shape, dtype, data } = readNpy(readFileSync(golden));
    expect({ shape, dtype }).toEqual({ shape: [10, 10000], dtype: 'float32' });
    expect(data.every(Number.isFinite)).toBe(true);
  });
});
