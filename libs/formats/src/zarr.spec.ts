import { describe, expect, it } from 'vitest';
import { openZarrArray, writeZarrArray, type ZarrContent } from './zarr.js';

const ramp = (length: number) => Float32Array.from({ length }, (_, i) => i / 2 - 3);

const content = (overrides: Partial<ZarrContent> = {}): ZarrContent => ({
  shape: [7, 5],
  chunkShape: [3, 5],
  dataType: 'float32',
  data: ramp(35),
  ...overrides,
});

/** Opens what was written, and notes every path that is read. */
async function reopen(files: ReadonlyMap<string, Uint8Array>) {
  const paths: string[] = [];
  const array = await openZarrArray((path) => {
    paths.push(path);
    return Promise.resolve(files.get(path));
  });
  return { array, paths };
}

describe('Zarr', () => {
  it.each([
    content(),
    content({ chunkShape: [2, 2] }),
    content({ chunkShape: [100, 100] }),
    content({ dataType: 'float16' }),
    content({
      shape: [2, 3, 2, 3],
      chunkShape: [1, 3, 2, 3],
      dataType: 'uint8',
      data: Uint8Array.from(ramp(36), (v) => v + 9),
    }),
    content({ shape: [4], chunkShape: [3], data: new Float32Array(4) }),
    content({ shape: [0, 5], data: new Float32Array(0) }),
  ])('gives back $dataType of shape $shape in chunks of $chunkShape', async (written) => {
    const { array } = await reopen(await writeZarrArray(written));
    expect(array).toMatchObject({
      shape: written.shape,
      chunkShape: written.chunkShape,
      dataType: written.dataType,
    });
    expect(await array.read()).toEqual(written.data);
  });

  it('keeps attributes and the names of dimensions', async () => {
    const attributes = { layer: 'conv1_relu', stimuli: [3, 1] };
    const files = await writeZarrArray(content({ attributes, dimensionNames: ['point', 'channel'] }));
    const { array } = await reopen(files);
    expect(array.attributes).toEqual(attributes);
    expect(array.dimensionNames).toEqual(['point', 'channel']);
    expect((await reopen(await writeZarrArray(content()))).array.dimensionNames).toBeUndefined();
  });

  it('writes every chunk, sorted by path, the same bytes each time', async () => {
    const zeros = content({ data: new Float32Array(35) });
    const files = await writeZarrArray(zeros);
    expect([...files.keys()]).toEqual(['c/0/0', 'c/1/0', 'c/2/0', 'zarr.json']);
    expect(await writeZarrArray(zeros)).toEqual(files);
  });

  it('describes float16 as float16', async () => {
    const files = await writeZarrArray(content({ dataType: 'float16' }));
    expect(JSON.parse(new TextDecoder().decode(files.get('zarr.json')))).toMatchObject({
      zarr_format: 3,
      data_type: 'float16',
      fill_value: 0,
      shape: [7, 5],
    });
  });

  it('reads only the chunks that hold the rows asked for', async () => {
    const { array, paths } = await reopen(await writeZarrArray(content()));
    expect(await array.read({ start: 4, end: 6 })).toEqual(ramp(35).slice(20, 30));
    expect(paths).toEqual(['zarr.json', 'c/1/0']);
    expect(await array.read({ start: 2, end: 2 })).toEqual(new Float32Array(0));
  });

  it('says which chunk is missing, instead of filling in zeros', async () => {
    const files = await writeZarrArray(content());
    files.delete('c/1/0');
    const { array } = await reopen(files);
    await expect(array.read()).rejects.toThrow('expected the chunk c/1/0, found nothing');
    expect(await array.read({ start: 0, end: 3 })).toHaveLength(15);
  });

  it('says when a chunk is damaged or too short', async () => {
    const files = await writeZarrArray(content());
    const chunk = files.get('c/0/0')!;
    files.set('c/0/0', chunk.subarray(0, chunk.length - 5));
    await expect((await reopen(files)).array.read()).rejects.toThrow();
    files.set(
      'c/0/0',
      (await writeZarrArray(content({ shape: [1, 5], chunkShape: [1, 5], data: ramp(5) }))).get('c/0/0')!,
    );
    await expect((await reopen(files)).array.read()).rejects.toThrow(
      'chunk 0/0 should hold 15 elements, found 5',
    );
  });

  it.each([
    ['data that do not fill the shape', content({ data: ramp(34) }), 'needs 35 elements, found 34'],
    ['a scalar', content({ shape: [], chunkShape: [], data: ramp(1) }), 'shape []'],
    ['a chunk shape of another rank', content({ chunkShape: [3] }), '2 positive integers, found [3]'],
    ['an empty chunk', content({ chunkShape: [0, 5] }), 'found [0, 5]'],
    ['too few names', content({ dimensionNames: ['point'] }), 'expected 2 dimension names, found 1'],
    ['data of another type', content({ dataType: 'uint8' }), 'expected data for uint8, found Float32Array'],
    [
      'a number that float16 lacks',
      content({ dataType: 'float16', data: ramp(35).fill(70000, 3) }),
      'found 70000 at element 3',
    ],
  ])('refuses to write %s', async (_, wrong, message) => {
    await expect(writeZarrArray(wrong)).rejects.toThrow(message);
  });

  it.each([
    ['nothing', undefined, 'expected zarr.json, found nothing'],
    ['no JSON', 'x', 'expected JSON in zarr.json'],
    ['a group', '{"zarr_format":3,"node_type":"group"}', 'found {"format":3,"node":"group"}'],
    ['another type', '{"zarr_format":3,"node_type":"array","data_type":"int64"}', '"type":"int64"'],
  ])('refuses to open %s', async (_, metadata, message) => {
    const bytes = metadata === undefined ? undefined : new TextEncoder().encode(metadata);
    await expect(openZarrArray(() => Promise.resolve(bytes))).rejects.toThrow(message);
  });

  it.each([
    [-1, 2],
    [3, 2],
    [0, 8],
    [0.5, 2],
  ])('refuses rows %s to %s of 7', async (start, end) => {
    const { array } = await reopen(await writeZarrArray(content()));
    await expect(array.read({ start, end })).rejects.toThrow('expected rows within 0 to 7');
  });
});
