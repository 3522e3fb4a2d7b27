import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from './safetensors.js';

/** A safetensors file from a header (an object or raw text) and its data. */
function tensorFile(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const tensor = (shape: number[], ...values: number[]) => ({ shape, data: Float32Array.from(values) });
const entry = (dtype: string, shape: number[], ...offsets: number[]) => ({
  dtype,
  shape,
  data_offsets: offsets,
});

describe('safetensors', () => {
  it('give back tensors and metadata', () => {
    const tensors = new Map([
      ['conv1_conv/kernel', tensor([2, 3], 1, 2, 3, 4, 5, 6)],
      ['scalar', tensor([], -0.5)],
      ['none', tensor([0, 7])],
    ]);
    const file = readSafetensors(writeSafetensors(tensors, { seed: '7', source: 'ä' }));
    expect(file.metadata).toEqual({ seed: '7', source: 'ä' });
    expect(new Map([...file.tensors])).toEqual(tensors);
  });

  it('have the same bytes in whatever order tensors and metadata come', () => {
    const a = writeSafetensors(
      new Map([
        ['b', tensor([1], 1)],
        ['10', tensor([1], 2)],
        ['9', tensor([1], 3)],
      ]),
      { x: '1', a: '2' },
    );
    const b = writeSafetensors(
      new Map([
        ['9', tensor([1], 3)],
        ['b', tensor([1], 1)],
        ['10', tensor([1], 2)],
      ]),
      { a: '2', x: '1' },
    );
    expect(a).toEqual(b);
    const text = new TextDecoder().decode(a.subarray(8));
    expect(text).toMatch(
      /^{"__metadata__":{"a":"2","x":"1"},"10":{"dtype":"F32","shape":\[1\],"data_offsets":\[0,4\]},"9"/,
    );
    expect(a.length % 8).toBe(4);
  });

  it('read halves, bfloats and doubles as float32', () => {
    const data = Uint8Array.of(0x00, 0xc0, 0x80, 0x3f, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f);
    const header = { d: entry('F64', [1], 4, 12), b: entry('BF16', [1], 2, 4), h: entry('F16', [1], 0, 2) };
    const { tensors } = readSafetensors(tensorFile(header, data));
    expect(
      [...tensors].map(
        ([
          name,
          {
            data: [value],
          },
        ]) => [name, value],
      ),
    ).toEqual([
      ['b', 1],
      ['d', 1.5],
      ['h', -2],
    ]);
  });

  const four = new Uint8Array(4);
  it.each([
    ['a file too short', Uint8Array.of(1, 2, 3), 'expected at least 8 bytes, found 3'],
    ['a header beyond the file', tensorFile('{}').subarray(0, 9), 'the header needs 2 bytes, found 1'],
    [
      'a header over the limit',
      Uint8Array.of(255, 255, 255, 255, 255, 255, 0, 0, 0),
      'at most 100000000 bytes, found 281474976710655',
    ],
    ['a header that is no JSON', tensorFile('{"a":'), 'expected a header in JSON'],
    ['a header that is no object', tensorFile('[]'), 'expected a header that is an object'],
    ['metadata that are no strings', tensorFile({ __metadata__: { a: 1 } }), 'map strings to strings'],
    [
      'an unknown type',
      tensorFile({ w: entry('I64', [1], 0, 8) }, new Uint8Array(8)),
      '"w" should be one of F64, F32, F16, BF16, found I64',
    ],
    [
      'a negative side',
      tensorFile({ w: entry('F32', [-1], 0, 4) }, four),
      '"w" needs a shape and two data_offsets',
    ],
    ['a fractional side', tensorFile({ w: entry('F32', [0.5], 0, 2) }, four), '"w" needs a shape'],
    [
      'three offsets',
      tensorFile({ w: entry('F32', [1], 0, 4, 8) }, four),
      '"w" needs a shape and two data_offsets',
    ],
    [
      'a size that differs from the shape',
      tensorFile({ w: entry('F32', [2], 0, 4) }, four),
      '"w" should hold bytes 0 to 8, its data_offsets say 0 to 4',
    ],
    [
      'a hole',
      tensorFile({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 8, 12) }, new Uint8Array(12)),
      '"b" should hold bytes 4 to 8',
    ],
    [
      'an overlap',
      tensorFile({ a: entry('F32', [2], 0, 8), b: entry('F32', [1], 4, 8) }, new Uint8Array(8)),
      '"b" should hold bytes 8 to 12',
    ],
    [
      'surplus data',
      tensorFile({ w: entry('F32', [1], 0, 4) }, new Uint8Array(5)),
      'the tensors end at byte 4, the data at 5',
    ],
    [
      'a truncated file',
      writeSafetensors(
        new Map([
          ['a', tensor([1], 1)],
          ['conv1/bias', tensor([2], 1, 2)],
        ]),
      ).subarray(0, -3),
      'truncated: "conv1/bias" needs data up to byte 12, found 9',
    ],
  ])('say what is wrong with %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  it('are not written from data that do not fill a shape, nor under the reserved name', () => {
    expect(() => writeSafetensors(new Map([['w', tensor([2], 1)]]))).toThrow(
      '"w" of shape [2] needs 2 numbers, found 1',
    );
    expect(() => writeSafetensors(new Map([['__metadata__', tensor([1], 1)]]))).toThrow('reserved');
  });
});
