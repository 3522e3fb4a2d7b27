import { buildNetwork, initialWeights, onnxEngine, type Weights } from '@palimpsest/networks';
import { Random, seedFrom } from '@palimpsest/numerics';
import { describe, expect, it } from 'vitest';
import { Drift } from './drift.js';

const imageSize = 32;
const network = buildNetwork('resnet-mini', { imageSize, classes: 2, dropout: 0 });
const start = initialWeights(network, 1);

function noise(row: number): number[] {
  const random = new Random(seedFrom('noise', row));
  return Array.from({ length: imageSize * imageSize * 3 }, () => random.integer(256));
}

/** Images of noise, of which the training ones are said to be some. */
function someData(train: number[]) {
  const read: number[] = [];
  const pixels = {
    images: 60,
    imageSize,
    read: (rows: readonly number[]) => {
      read.push(...rows);
      return Promise.resolve(Uint8Array.from(rows.flatMap(noise)));
    },
  };
  return { data: { pixels, rows: { train, validation: [], judged: [] } }, read };
}

const train = [...Array(60).keys()].filter((row) => row % 3 > 0);
const optionsOf = (images: number, seed = 1) => ({
  ...{ engine: onnxEngine, network, threads: 1, images, seed },
  preprocessing: 'caffe' as const,
});

async function driftTo(weights: Weights, { images = 20, seed = 1 } = {}): Promise<Record<string, number>> {
  const drift = await Drift.open(start, someData(train).data, optionsOf(images, seed));
  const predictor = await onnxEngine.infer(network, weights, { taps: network.stages });
  const found = await drift.of(predictor);
  await predictor.dispose();
  return found;
}

/** The start with other kernels in the layers of these names. */
function moved(pattern: RegExp): Weights {
  const other = initialWeights(network, 2);
  return new Map([...start].map(([name, values]) => [name, pattern.test(name) ? other.get(name)! : values]));
}

describe('drift', () => {
  it('is none, a similarity of 1, in a network that is as it began', async () => {
    const found = await driftTo(start);
    expect(Object.keys(found)).toEqual(network.stages);
    for (const [layer, value] of Object.entries(found)) expect(value, layer).toBeCloseTo(1, 6);
  });

  it('shows in the stage that moved and those above it alone', async () => {
    const found = await driftTo(moved(/^conv4.*kernel/));
    const similarities = network.stages.map((stage) => found[stage]!);
    for (const value of similarities.slice(0, 3)) expect(value).toBeCloseTo(1, 6);
    for (const value of similarities.slice(3)) expect(value).toBeLessThan(0.9);
  });

  it('is a matter of seed and weights', async () => {
    const weights = moved(/kernel/);
    expect(await driftTo(weights)).toEqual(await driftTo(weights));
    expect(await driftTo(weights)).not.toEqual(await driftTo(weights, { seed: 2 }));
  });

  it.each([
    [20, 20],
    [1000, train.length],
  ])('of %i images is measured on %i, all of them trained on', async (images, found) => {
    const { data, read } = someData(train);
    await Drift.open(start, data, optionsOf(images));
    expect(new Set(read).size).toBe(found);
    expect(read.filter((row) => !train.includes(row))).toEqual([]);
  });

  it('does not rise for want of points: fewer images show fewer channels', async () => {
    const unlike = moved(/kernel/);
    for (const value of Object.values(await driftTo(unlike, { images: 8 }))) expect(value).toBeLessThan(0.9);
  });
});
