import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { NetworkBuilder, initialWeights, openEngine, type Engine } from '@palimpsest/networks';
import { Random, seedFrom } from '@palimpsest/numerics';
import { describe, expect, it } from 'vitest';
import type { FoldData } from './data.js';
import { Drift } from './drift.js';
import { fit } from './fit.js';
import { preparesHere } from './preparer.js';
import { beginWith } from './state.js';

const tensorflowHome =
  process.env['PALIMPSEST_TENSORFLOW'] ?? path.join(homedir(), '.cache/palimpsest-tensorflow');
const tensorflow = path.join(tensorflowHome, 'cpu');

const imageSize = 16;
const epochs = 200;
/** After the first of these, allocators and compilers hold what they will hold. */
const measured = [60, epochs];
/** What a process may gain in between: less than if it kept the images of each epoch, 147 kB, and nothing else. */
const mostBytes = 16 * 2 ** 20;

function tinyNetwork() {
  const net = new NetworkBuilder(imageSize);
  const conv = (name: string, input: string, filters: number) =>
    net.relu(name, net.batchNorm(`${name}_bn`, net.conv(`${name}_conv`, input, { filters, kernel: 3 })));
  const first = conv('first', 'images', 16);
  const second = conv('second', first, 24);
  const pooled = net.dropout('dropout', net.globalAveragePool('avg_pool', second), 0.2);
  net.classifier('predictions', pooled, 2);
  return net.build('tiny', ['first', 'second']);
}

function someData(): FoldData {
  const noise = (row: number) => {
    const random = new Random(seedFrom('noise', row));
    return Array.from({ length: imageSize * imageSize * 3 }, () => random.integer(256));
  };
  const all = Array.from({ length: 48 }, (_, row) => row);
  const pixels = Uint8Array.from(all.flatMap(noise));
  const length = pixels.length / all.length;
  const read = (rows: readonly number[]) => {
    const images = new Uint8Array(rows.length * length);
    rows.forEach((row, i) => images.set(pixels.subarray(row * length, (row + 1) * length), i * length));
    return Promise.resolve(images);
  };
  return {
    pixels: { images: all.length, imageSize, read },
    labels: Int32Array.from(all, (row) => row % 2),
    patients: all,
    classes: ['even', 'odd'],
    rows: { train: all.slice(16), validation: all.slice(0, 16), judged: all.slice(0, 16) },
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Held {
  rss: number;
  external: number;
  tensors: number;
}

/** The least of some looks: what was collected is swept, and its pages are given back, by threads of their own. */
async function lowestHeld(): Promise<Omit<Held, 'tensors'>> {
  const lowest = { rss: Infinity, external: Infinity };
  for (let look = 0; look < 5; look++) {
    collectGarbage();
    await sleep(30);
    const { rss, external } = process.memoryUsage();
    lowest.rss = Math.min(lowest.rss, rss);
    lowest.external = Math.min(lowest.external, external);
  }
  return lowest;
}

/** Trains for all epochs. @returns what was held after those that are measured */
async function heldWhileFitting(engine: Engine, tensors: () => number): Promise<Held[]> {
  const network = tinyNetwork();
  const data = someData();
  const start = initialWeights(network, 1);
  const run = { engine, network, threads: 1, preprocessing: 'caffe', seed: 1 } as const;
  const held: Held[] = [];
  const stage = { learningRate: 1e-4, maxEpochs: epochs, patience: epochs, monitor: 'loss' } as const;
  await fit(data, beginWith(start), {
    ...run,
    ...{ batchSize: 16, augmentation: null, lowMemory: false, preparer: preparesHere },
    stages: [{ ...stage, trainable: 'all', keep: 'best', accumulate: 2 }],
    drift: await Drift.open(start, data, { ...run, images: 16 }),
    signal: new AbortController().signal,
    progress: () => undefined,
    save: async ({ curve }) => {
      if (measured.includes(curve.length)) held.push({ tensors: tensors(), ...(await lowestHeld()) });
    },
  });
  return held;
}

describe.each(['onnx', 'tensorflow'] as const)('a training of 200 epochs on %s', (name) => {
  it.skipIf(name === 'tensorflow' && !existsSync(tensorflow))(
    'holds no more memory at its end than when it had warmed up (skipped for TensorFlow where it is not set up)',
    { timeout: 300_000 },
    async () => {
      const engine = openEngine({ name, onnxProvider: 'cpu', tensorflowHome, deterministic: true });
      const held = await heldWhileFitting(engine, name === 'onnx' ? () => 0 : tensorsOfTensorflow());
      expect(held).toHaveLength(measured.length);
      const [before, after] = held as [Held, Held];
      expect(after.tensors).toBe(before.tensors);
      expect(after.external - before.external).toBeLessThan(mostBytes);
      expect(after.rss - before.rss).toBeLessThan(mostBytes);
    },
  );
});

/** Counts the tensors that TensorFlow holds in this process. */
function tensorsOfTensorflow(): () => number {
  const require = createRequire(path.join(tensorflow, 'package.json'));
  interface Package {
    backend(): { binding: { getNumOfTensors(): number } };
  }
  // The engine loads it with its settings when it opens its first network.
  return () => (require('@tensorflow/tfjs-node') as Package).backend().binding.getNumOfTensors();
}
