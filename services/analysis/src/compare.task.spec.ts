import { openLinearAlgebra } from '@palimpsest/blas';
import { tasks, type TaskInput, type TreeRef } from '@palimpsest/contracts';
import { writeZarrArray } from '@palimpsest/formats';
import { Random, cca, linearCka, mean, sd, seedFrom } from '@palimpsest/numerics';
import type { Store } from '@palimpsest/platform';
import { expect, it } from 'vitest';
import { compare } from './compare.task.js';
import { aContext } from './context.fixture.js';

type Shape = [repeats: number, points: number, channels: number];

function noise([repeats, points, channels]: Shape, seed: number): Float32Array {
  const random = new Random(seedFrom('test', seed));
  return Float32Array.from({ length: repeats * points * channels }, () => random.normal());
}

interface Layer {
  shape: Shape;
  data: Float32Array;
  attributes?: Record<string, unknown>;
}

/** A group as a network's activations are kept: an array a layer, two chunks a repeat. */
async function putActivations(
  store: Store,
  prefix: string,
  layers: Record<string, Layer>,
  stimuli = 'a-manifest',
): Promise<TreeRef> {
  const group = { zarr_format: 3, node_type: 'group', attributes: { stimuli } };
  const files = new Map<string, Uint8Array>([['zarr.json', new TextEncoder().encode(JSON.stringify(group))]]);
  for (const [layer, { shape, data, attributes = {} }] of Object.entries(layers)) {
    const chunkShape = [1, Math.ceil(shape[1] / 2), shape[2]];
    const array = await writeZarrArray({ shape, chunkShape, dataType: 'float32', data, attributes });
    for (const [path, bytes] of array) files.set(`${layer}/${path}`, bytes);
  }
  return store.putTree(prefix, files);
}

const shape: Shape = [3, 200, 4];
const settings = { measures: ['cca', 'cka'], epsilon: 1e-10, summary: 'mean', seed: 1 } satisfies Partial<
  TaskInput<'compare'>
>;

it('gives mean and spread over the repeats of what the measures give', async () => {
  const context = aContext();
  const [x, y] = [noise(shape, 1), noise(shape, 2)];
  const a = await putActivations(context.store, 'activations/a', { conv: { shape, data: x } });
  const b = await putActivations(context.store, 'activations/b', { conv: { shape, data: y } });
  const { layers } = tasks.compare.output.parse(await compare.run({ a, b, ...settings }, context));
  const repeat = (data: Float32Array, i: number) => ({
    rows: 200,
    cols: 4,
    data: data.subarray(i * 800, (i + 1) * 800),
  });
  const byCca = [0, 1, 2].map((i) => mean(cca(repeat(x, i), repeat(y, i), settings).coefficients));
  const byCka = [0, 1, 2].map((i) => linearCka(repeat(x, i), repeat(y, i)).value);
  expect(layers.map(({ layer, measure, points, channels }) => [layer, measure, points, channels])).toEqual([
    ['conv', 'cca', 200, 4],
    ['conv', 'cka', 200, 4],
  ]);
  expect(layers.map(({ repeats }) => repeats)).toEqual([byCca, byCka]);
  expect(layers.map(({ value, sd: spread }) => [value, spread])).toEqual([
    [mean(byCca), sd(byCca)],
    [mean(byCka), sd(byCka)],
  ]);
});

it('keeps every canonical correlation, and none for a measure that has none', async () => {
  const context = aContext();
  const data = noise(shape, 1);
  const a = await putActivations(context.store, 'activations/a', { conv: { shape, data } });
  const { layers, coefficients } = await compare.run({ a, b: a, ...settings }, context);
  const kept = JSON.parse(new TextDecoder().decode(await context.store.get(coefficients))) as unknown;
  const ones = [1, 1, 1, 1].map((one) => expect.closeTo(one, 8) as number);
  expect(kept).toEqual([{ layer: 'conv', measure: 'cca', coefficients: [ones, ones, ones] }]);
  expect(layers[0]?.value).toBeCloseTo(1, 8);
});

it('shows a floor near what two networks without anything in common give', async () => {
  const context = aContext();
  const one: Shape = [1, 2000, 8];
  const data = noise(one, 1);
  const [a, b] = [
    await putActivations(context.store, 'activations/a', { conv: { shape: one, data } }),
    await putActivations(context.store, 'activations/b', { conv: { shape: one, data: noise(one, 2) } }),
  ];
  const same = await compare.run({ a, b: a, ...settings }, context);
  const apart = await compare.run({ a, b, ...settings }, context);
  expect(same.layers[0]?.value).toBeCloseTo(1, 8);
  expect(same.layers[0]?.floor).toBeLessThan(0.08);
  expect(Math.abs((apart.layers[0]?.floor ?? 1) - (apart.layers[0]?.value ?? 0))).toBeLessThan(0.03);
  expect(same.layers[0]?.sd).toBeNull();
});

it('sums the correlations when told to, and draws the floor by the seed', async () => {
  const context = aContext();
  const a = await putActivations(context.store, 'activations/a', { conv: { shape, data: noise(shape, 1) } });
  const run = (change: Partial<TaskInput<'compare'>>) =>
    compare.run({ a, b: a, ...settings, ...change }, context);
  const floor = async (seed: number) => (await run({ seed })).layers[0]?.floor;
  expect((await run({ summary: 'sum' })).layers[0]?.value).toBeCloseTo(4, 8);
  expect(await floor(1)).toBe(await floor(1));
  expect(await floor(1)).not.toBe(await floor(2));
});

const noOpenBlas = await openLinearAlgebra({ name: 'openblas' }, 1).then(
  () => '',
  (error: unknown) => ` (skipped: ${String(error)})`,
);

it.skipIf(noOpenBlas !== '')(`says what computed where it was not the plain one${noOpenBlas}`, async () => {
  const context = aContext();
  const put = (name: string, seed: number) =>
    putActivations(context.store, `activations/${name}`, { conv: { shape, data: noise(shape, seed) } });
  const input = { a: await put('a', 1), b: await put('b', 2), ...settings };
  const plainly = tasks.compare.output.parse(await compare.run(input, context));
  const linearAlgebra = { name: 'openblas' } as const;
  const other = tasks.compare.output.parse(await compare.run(input, { ...context, linearAlgebra }));
  expect(plainly).not.toHaveProperty('linearAlgebra');
  expect(other.linearAlgebra).toMatch(/^OpenBLAS \d/);
  expect(other.layers).toHaveLength(plainly.layers.length);
  other.layers.forEach(({ value, floor, sd: spread, ...rest }, i) => {
    const expected = plainly.layers[i];
    expect(value).toBeCloseTo(expected?.value ?? NaN, 9);
    expect(floor).toBeCloseTo(expected?.floor ?? NaN, 9);
    expect(spread).toBeCloseTo(expected?.sd ?? NaN, 9);
    expect(rest.layer).toBe(expected?.layer);
  });
});

it('fails for good where the linear algebra that is asked for is not there', async () => {
  const context = aContext({ linearAlgebra: { name: 'openblas', library: '/nowhere/libopenblas.so' } });
  const a = await putActivations(context.store, 'activations/a', { conv: { shape, data: noise(shape, 1) } });
  await expect(compare.run({ a, b: a, ...settings }, context)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('tried /nowhere/libopenblas.so') as string,
  });
});

it('says once what a measure says of every repeat', async () => {
  const context = aContext();
  const data = noise(shape, 1).map((value, i) => (i % 4 === 0 ? 3 : value));
  const a = await putActivations(context.store, 'activations/a', { conv: { shape, data } });
  const { layers } = await compare.run({ a, b: a, ...settings, measures: ['cca'] }, context);
  expect(layers[0]?.warnings).toEqual([
    'first network: 1 of 4 channels are constant and were left out',
    'second network: 1 of 4 channels are constant and were left out',
  ]);
});

it('compares several layers, in alphabetical order, and says how far it is', async () => {
  const messages: unknown[] = [];
  const context = aContext({ progress: (...message) => messages.push(message) });
  const layer = { shape, data: noise(shape, 1) };
  const a = await putActivations(context.store, 'activations/a', { conv2: layer, conv1: layer });
  const { layers } = await compare.run({ a, b: a, ...settings, measures: ['cka'] }, context);
  expect(layers.map(({ layer: name }) => name)).toEqual(['conv1', 'conv2']);
  expect(messages).toEqual([
    [0.5, 'layer 1 of 2'],
    [1, 'layer 2 of 2'],
  ]);
});

it('refuses networks that do not have the same layers in the same shapes', async () => {
  const context = aContext();
  const put = (name: string, layers: Record<string, Shape>) =>
    putActivations(
      context.store,
      `activations/${name}`,
      Object.fromEntries(
        Object.entries(layers).map(([layer, s]) => [layer, { shape: s, data: noise(s, 1) }]),
      ),
    );
  const a = await put('a', { conv1: shape });
  const fails = async (layers: Record<string, Shape>) =>
    compare.run({ a, b: await put('b', layers), ...settings }, context).catch((error: unknown) => error);
  expect(await fails({ conv2: shape })).toMatchObject({
    code: 'invalid',
    message: 'activations to compare: expected the same layers in both, found conv1 and conv2',
  });
  expect(await fails({})).toMatchObject({
    message: 'activations to compare: expected the same layers in both, found conv1 and none',
  });
  expect(await fails({ conv1: [3, 100, 4] })).toMatchObject({
    code: 'invalid',
    message:
      'layer conv1: expected repeats × points × channels, the same in both, found [3, 200, 4] and [3, 100, 4]',
  });
});

it('refuses activations of other images or channels', async () => {
  const context = aContext();
  const put = (images: number[], stimuli?: string) =>
    putActivations(
      context.store,
      `activations/${images.join('-')}-${stimuli}`,
      { conv: { shape, data: noise(shape, 1), attributes: { images } } },
      stimuli,
    );
  const a = await put([1, 2]);
  const run = (b: TreeRef) => compare.run({ a, b, ...settings }, context);
  await expect(run(await put([1, 3]))).rejects.toMatchObject({
    code: 'invalid',
    message: 'layer conv: expected the same images and channels in both, found others',
  });
  await expect(run(await put([1, 2], 'another'))).rejects.toMatchObject({
    code: 'invalid',
    message: 'activations to compare: expected the same stimuli, found a-manifest and another',
  });
});

it('names the layer and repeat that cannot be compared', async () => {
  const context = aContext();
  const data = noise(shape, 1);
  data[900] = NaN;
  const broken = await putActivations(context.store, 'activations/a', { conv: { shape, data } });
  await expect(compare.run({ a: broken, b: broken, ...settings }, context)).rejects.toMatchObject({
    code: 'invalid',
    message: 'layer conv, repeat 2, cca: activations: expected finite values, found others in channel 0',
  });
  const few: Shape = [1, 4, 4];
  const small = await putActivations(context.store, 'activations/b', {
    conv: { shape: few, data: noise(few, 1) },
  });
  await expect(compare.run({ a: small, b: small, ...settings }, context)).rejects.toThrow(
    'layer conv, repeat 1, cca: cca: expected more than',
  );
});

it('reads one repeat at a time, of each layer once', async () => {
  const context = aContext();
  const a = await putActivations(context.store, 'activations/a', { conv: { shape, data: noise(shape, 1) } });
  const reads: string[] = [];
  const openTree = context.store.openTree.bind(context.store);
  context.store.openTree = async (ref) => {
    const tree = await openTree(ref);
    return { paths: tree.paths, read: (path) => (reads.push(path), tree.read(path)) };
  };
  await compare.run({ a, b: a, ...settings }, context);
  const chunks = reads.filter((path) => path.includes('/c/'));
  expect(chunks.map((path) => path.split('/')[2])).toEqual(
    ['0', '1', '2'].flatMap((repeat) => [repeat, repeat, repeat, repeat]),
  );
});

it('stops when it is told to', async () => {
  const context = aContext({ signal: AbortSignal.abort() });
  const a = await putActivations(context.store, 'activations/a', { conv: { shape, data: noise(shape, 1) } });
  await expect(compare.run({ a, b: a, ...settings }, context)).rejects.toMatchObject({ name: 'AbortError' });
});
