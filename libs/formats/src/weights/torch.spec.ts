import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readTorch } from './torch.js';

type Part = string | number | number[] | Uint8Array | Part[];

const flat = (part: Part): number[] => {
  if (typeof part === 'string') return [...Buffer.from(part)];
  if (typeof part === 'number') return [part];
  return [...part].flatMap(flat);
};
const pickle = (...parts: Part[]) => Uint8Array.from(flat([[0x80, 2], ...parts, '.']));
const u32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
const text = (value: string): Part => ['X', u32(value.length), value];
const whole = (value: number): Part => ['J', u32(value)];
const tuple = (...items: Part[]): Part => ['(', ...items, 't'];
const dictionary = (entries: Record<string, Part>): Part => [
  '}(',
  ...Object.entries(entries).map(([key, value]): Part => [text(key), value]),
  'u',
];
const ordered = (entries: Record<string, Part>): Part => [
  'ccollections\nOrderedDict\n)R(',
  ...Object.entries(entries).map(([key, value]): Part => [text(key), value]),
  'u',
  // Attributes hang on a real state_dict.
  dictionary({ _metadata: dictionary({}) }),
  'b',
];

interface Window {
  key: string;
  type?: string;
  count: number;
  offset?: number;
  size: number[];
  stride: number[];
}

/** A tensor as `torch.save` pickles it. */
const tensor = ({ key, type = 'Float', count, offset = 0, size, stride }: Window, legacy = false): Part => [
  'ctorch._utils\n_rebuild_tensor_v2\n',
  tuple(
    [
      tuple(
        text('storage'),
        `ctorch\n${type}Storage\n`,
        text(key),
        text('cpu'),
        whole(count),
        ...(legacy ? ['N'] : []),
      ),
      'Q',
    ],
    whole(offset),
    tuple(...size.map(whole)),
    tuple(...stride.map(whole)),
    [0x89],
    ordered({}),
  ),
  'R',
];

const archive = (value: Part, storages: Record<string, Uint8Array>, more: Record<string, Uint8Array> = {}) =>
  zipSync(
    {
      'tiny/data.pkl': pickle(value),
      ...more,
      ...Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`tiny/data/${key}`, bytes])),
    },
    { level: 0 },
  );
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const count6 = { count: 6, size: [2, 3], stride: [3, 1] };

describe('readTorch', () => {
  it('reads a state_dict with all its names', () => {
    const file = archive(ordered({ 'fc.weight': tensor({ key: '0', ...count6 }) }), {
      0: floats(1, 2, 3, 4, 5, 6),
    });
    expect(readTorch(file)).toEqual(
      new Map([['fc.weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]]),
    );
  });

  it('follows strides and offsets into a storage that tensors share', () => {
    const shared = floats(9, 1, 2, 3, 4, 5, 6, 7);
    const window = { key: '0', count: 8, offset: 1 };
    const tensors = readTorch(
      archive(
        dictionary({
          plain: tensor({ ...window, size: [2, 3], stride: [3, 1] }),
          turned: tensor({ ...window, size: [3, 2], stride: [1, 3] }),
          scalar: tensor({ ...window, size: [], stride: [] }),
          none: tensor({ ...window, size: [0, 3], stride: [3, 1] }),
        }),
        { 0: shared },
      ),
    );
    expect(tensors.get('plain')?.data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(tensors.get('turned')).toEqual({ shape: [3, 2], data: Float32Array.of(1, 4, 2, 5, 3, 6) });
    expect(tensors.get('scalar')).toEqual({ shape: [], data: Float32Array.of(1) });
    expect(tensors.get('none')).toEqual({ shape: [0, 3], data: new Float32Array(0) });
  });

  it.each([
    ['Half', new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer), [1, -2]],
    ['BFloat16', new Uint8Array(Uint16Array.of(0x3f80, 0xc000).buffer), [1, -2]],
    ['Double', new Uint8Array(Float64Array.of(0.5, -2).buffer), [0.5, -2]],
    ['Long', new Uint8Array(BigInt64Array.of(7n, -2n).buffer), [7, -2]],
    ['Int', new Uint8Array(Int32Array.of(7, -2).buffer), [7, -2]],
    ['Byte', Uint8Array.of(7, 254), [7, 254]],
  ])('brings %s to float32', (type, bytes, expected) => {
    const file = archive(dictionary({ x: tensor({ key: '0', type, count: 2, size: [2], stride: [1] }) }), {
      0: bytes,
    });
    expect([...(readTorch(file).get('x')?.data ?? [])]).toEqual(expected);
  });

  it('reads big-endian files', () => {
    const order = { 'tiny/byteorder': new TextEncoder().encode('big') };
    const one = dictionary({ x: tensor({ key: '0', count: 1, size: [1], stride: [1] }) });
    expect(readTorch(archive(one, { 0: Uint8Array.of(0x3f, 0x80, 0, 0) }, order)).get('x')?.data[0]).toBe(1);
  });

  it('names tensors of nested dictionaries by their path and leaves optimisers out', () => {
    const x = tensor({ key: '0', ...count6 });
    const file = archive(
      dictionary({
        epoch: whole(3),
        state_dict: ordered({
          'module.conv1.weight': x,
          p: ['ctorch._utils\n_rebuild_parameter\n', tuple(x, [0x88], ordered({})), 'R'],
        }),
        optimizer: dictionary({ state: dictionary({ momentum: x }) }),
        optimizer_states: dictionary({ momentum: x }),
      }),
      { 0: floats(1, 2, 3, 4, 5, 6) },
    );
    expect([...readTorch(file).keys()]).toEqual(['state_dict.module.conv1.weight', 'state_dict.p']);
  });

  it('reads the form before PyTorch 1.6', () => {
    const windows = {
      a: { key: '17', ...count6 },
      b: { key: '18', type: 'Double', count: 1, size: [1], stride: [1] },
    };
    const file = legacy(windows, [
      ['17', 6, floats(1, 2, 3, 4, 5, 6)],
      ['18', 1, new Uint8Array(Float64Array.of(0.5).buffer)],
    ]);
    const tensors = readTorch(file);
    expect(tensors.get('a')).toEqual({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(tensors.get('b')?.data).toEqual(Float32Array.of(0.5));
    expect(() => readTorch(file.slice(0, -3))).toThrow(
      new RangeError(
        `pytorch: "b": truncated: expected ${file.length} bytes in the file, found ${file.length - 3}`,
      ),
    );
  });

  it('names the first tensor that a file which is cut off lacks', () => {
    const file = archive(
      dictionary({ whole: tensor({ key: '0', ...count6 }), half: tensor({ key: '1', ...count6 }) }),
      { 0: floats(1, 2, 3, 4, 5, 6), 1: floats(1, 2, 3, 4, 5, 6) },
    );
    const needed = Buffer.from(file).lastIndexOf(floats(1, 2, 3, 4, 5, 6)) + 24;
    const cut = file.slice(0, needed - 4);
    expect(() => readTorch(cut)).toThrow(
      new RangeError(`pytorch: "half": truncated: expected ${needed} bytes in the file, found ${needed - 4}`),
    );
    expect(() => readTorch(file.slice(0, -10))).toThrow(
      /truncated: expected the directory at its end in the file/,
    );
    expect(() => readTorch(file.slice(0, 40))).toThrow(/expected data\.pkl in the archive, found truncated/);
  });

  it('does so too where the size of each entry stands behind it, as PyTorch writes it', () => {
    const value = dictionary({
      whole: tensor({ key: '0', ...count6 }),
      half: tensor({ key: '1', ...count6 }),
    });
    const entry = (name: string, content: Uint8Array) => {
      const header = [...u32(0x04034b50), ...[0, 0, 8, 8, 0, 0], ...new Array<number>(16).fill(0)];
      const descriptor = [...u32(0x08074b50), ...u32(0), ...u32(content.length), ...u32(content.length)];
      return [...header, name.length, 0, 0, 0, ...Buffer.from(name), ...content, ...descriptor];
    };
    const numbers = floats(1, 2, 3, 4, 5, 6);
    const start = [...entry('tiny/data.pkl', pickle(value)), ...entry('tiny/data/0', numbers)];
    const file = Uint8Array.from([...start, ...entry('tiny/data/1', numbers)]);
    const from = start.length + 30 + 'tiny/data/1'.length;
    expect(() => readTorch(file.slice(0, from + 20))).toThrow(
      new RangeError(
        `pytorch: "half": truncated: expected ${from + 24} bytes in the file, found ${from + 20}`,
      ),
    );
  });

  it.each([
    ['a window beyond its storage', { key: '0', count: 6, offset: 1, size: [2, 3], stride: [3, 1] }],
    ['more elements than numbers', { key: '0', count: 6, size: [1e9], stride: [0] }],
    ['strides for another shape', { key: '0', count: 6, size: [2], stride: [1, 1] }],
  ])('refuses %s', (_, window) => {
    const file = archive(dictionary({ x: tensor(window) }), { 0: floats(1, 2, 3, 4, 5, 6) });
    expect(() => readTorch(file)).toThrow(/pytorch: "x": expected a window on 6 numbers, found \[/);
  });

  it('says what a model that was saved as a whole would have to run', () => {
    const file = archive('ctorchvision.models.resnet\nResNet\n)R', {});
    expect(() => readTorch(file)).toThrow(
      /found torchvision\.models\.resnet\.ResNet, which would have to be run/,
    );
  });

  it('refuses a storage of another size, one that is missing, and a file without tensors', () => {
    const one = dictionary({ x: tensor({ key: '0', ...count6 }) });
    expect(() => readTorch(archive(one, { 0: floats(1) }))).toThrow(
      'pytorch: "x": expected 24 bytes for 6 numbers of type Float, found 4',
    );
    expect(() => readTorch(archive(one, {}))).toThrow('"x": expected tiny/data/0 in the archive, found none');
    expect(() => readTorch(archive(dictionary({ epoch: whole(1) }), {}))).toThrow(/found no tensor/);
  });

  function legacy(
    windows: Record<string, Window>,
    storages: [key: string, count: number, bytes: Uint8Array][],
  ) {
    const magic = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
    const tensors = Object.entries(windows).map(([name, window]) => [name, tensor(window, true)] as const);
    return Uint8Array.from([
      ...pickle(magic),
      ...pickle(['M', [0xe9, 0x03]]),
      ...pickle(dictionary({ little_endian: [0x88] })),
      ...pickle(ordered(Object.fromEntries(tensors))),
      ...pickle('](', ...storages.map(([key]) => text(key)), 'e'),
      ...storages.flatMap(([, count, bytes]) => [...u32(count), 0, 0, 0, 0, ...bytes]),
    ]);
  }
});
