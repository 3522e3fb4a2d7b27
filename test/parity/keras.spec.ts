import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildNetwork,
  NetworkBuilder,
  onnxEngine,
  tensorflowEngine,
  type Architecture,
  type Engine,
  type Network,
  type Shape,
} from '@palimpsest/networks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noTensorflow, tensorflowHome } from '../support/tensorflow.js';
import { comparisons, type Compared } from './keras/comparisons.js';
import { findKeras, saveModel, SavedModel } from './keras/saved-model.js';

const classes = 3;
const minutes = 60_000;

interface Described {
  imageSize: number;
  layers: Record<string, number[]>;
  weights: Record<string, number[]>;
}

const described = JSON.parse(readFileSync(new URL('keras/architectures.json', import.meta.url), 'utf8')) as {
  keras: string;
  architectures: Record<Architecture, Described>;
};

describe.each(Object.entries(described.architectures))(
  `%s, as Keras ${described.keras} describes it`,
  (name, { imageSize, layers, weights }) => {
    const network = buildNetwork(name as Architecture, { imageSize, classes, dropout: 0 });
    const base = network.layers.slice(
      0,
      network.layers.findIndex(({ name }) => name === 'avg_pool'),
    );
    const shapeOf = ({ height, width, channels }: Shape) => [height, width, channels];

    it('has the same layers, and each puts out the same shape', () => {
      const found = Object.fromEntries(base.map(({ name, output }) => [name, shapeOf(output)]));
      expect(found).toEqual(layers);
    });

    it('has the same weights, of the same shapes', () => {
      const own = network.weights.filter(({ part }) => part === 'base');
      expect(Object.fromEntries(own.map(({ name, shape }) => [name, [...shape]]))).toEqual(weights);
    });
  },
);

/** Every kind of layer in a few channels; `small` of the script is the same. */
function small(imageSize: number): Network {
  const net = new NetworkBuilder(imageSize);
  const unit = (
    name: string,
    input: string,
    { bias = false, ...options }: Parameters<typeof net.conv>[2],
  ) => {
    const conv = net.conv(`${name}_conv`, input, { ...options, bias });
    const norm = net.batchNorm(`${name}_bn`, conv, bias ? {} : { epsilon: 1e-3, scale: false });
    return net.relu(name, norm);
  };
  unit('stem', 'images', { filters: 6, kernel: 3, bias: true, stride: 2, padding: 'same' });
  unit('long', 'stem', { filters: 4, kernel: [1, 7], padding: 'same' });
  unit('tall', 'long', { filters: 5, kernel: [7, 1], padding: 'same' });
  net.averagePool('average', 'stem', { kernel: 3, padding: 'same' });
  net.concat('mixed', ['stem', 'tall', unit('pooled', 'average', { filters: 3, kernel: 1 })]);
  net.conv('found_conv', 'mixed', { filters: 14, kernel: 1 });
  net.relu('summed', net.add('sum', ['mixed', 'found_conv'], 0.17));
  net.concat('halved', [
    unit('strided', 'summed', { filters: 4, kernel: 3, stride: 2 }),
    net.maxPool('largest', 'summed', { kernel: 3, stride: 2 }),
    net.averagePool('coarse', 'summed', { kernel: 3, stride: 2 }),
  ]);
  unit('last', 'halved', { filters: 8, kernel: [5, 3], stride: 2, padding: 'same' });
  net.classifier('predictions', net.globalAveragePool('avg_pool', 'last'), classes);
  return net.build('small', []);
}

/** What each of them computes is held against Keras. */
const engines: { name: string; engine: Engine; missing?: string | undefined }[] = [
  { name: 'onnx', engine: onnxEngine },
  {
    name: 'tensorflow',
    engine: tensorflowEngine({ gpu: false, folder: join(tensorflowHome, 'cpu'), deterministic: true }),
    missing: noTensorflow,
  },
];

function compared(saved: SavedModel, compare: Omit<Compared, 'engine'>): void {
  for (const { name, engine, missing } of engines)
    describe.skipIf(missing)(`${name}${missing ? ` (skipped: ${missing})` : ''}`, () =>
      comparisons(saved, { ...compare, engine }),
    );
}

describe('a small network of every kind of layer', () => {
  const saved = new SavedModel(new URL('keras/small', import.meta.url).pathname);
  compared(saved, { build: small, sizes: [12, 17], trained: 20 });
});

const keras = findKeras();
const note = 'missing' in keras ? ` (skipped: ${keras.missing})` : ` (Keras ${keras.version})`;

/**
 * Where single precision leaves less of a gradient. Sums along the 40 shortcuts of InceptionResNetV2 put what is common
 * to all images far above what differs. TensorFlow's own kernels, which Keras uses too, are within these as well.
 */
const gradientTolerances: Partial<Record<Architecture, number>> = {
  'inception-v3': 3e-4,
  'inception-resnet-v2': 3e-3,
};

describe.skipIf('missing' in keras).each([
  ['resnet-mini', [32, 53], 53],
  ['resnet50', [64, 96], 64],
  ['densenet121', [64, 96], 64],
  ['inception-v3', [75, 107], 139],
  ['inception-resnet-v2', [75, 107], 139],
] as const)(`%s with random weights${note}`, (name, sizes, trained) => {
  const build = (imageSize: number) => buildNetwork(name, { imageSize, classes, dropout: 0 });
  const folder = join(tmpdir(), `palimpsest-keras-${process.pid}-${name}`);

  beforeAll(() => {
    if (!('missing' in keras)) saveModel(keras.python, build(trained), folder);
  }, 10 * minutes);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const gradientTolerance = gradientTolerances[name];
  compared(new SavedModel(folder), {
    build,
    sizes,
    trained,
    ...(gradientTolerance && { gradientTolerance }),
  });
});
