import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../build-network.js';
import type { Optimiser } from '../../engine.js';
import { adam, anyBatch, anyWeights, relativeError, tolerance } from '../conformance/cases.js';
import { engineConformance } from '../conformance/engine-conformance.js';
import { onnxEngine } from '../onnx/onnx-engine.js';
import { loadLibrary } from './library.js';
import { tensorflowEngine } from './tensorflow-engine.js';

const home = process.env['PALIMPSEST_TENSORFLOW'] ?? path.join(homedir(), '.cache/palimpsest-tensorflow');
const folder = path.join(home, 'cpu');
const engine = tensorflowEngine({ gpu: false, folder, deterministic: true });

describe.skipIf(!existsSync(folder))(
  existsSync(folder) ? 'TensorFlow' : 'TensorFlow (skipped: not set up; see CONTRIBUTING)',
  () => {
    engineConformance('tensorflow', engine, { sameForAnyThreads: false });

    it('says what it is', async () => {
      expect(await engine.describe()).toEqual({
        engine: 'tensorflow',
        runtime: '@tensorflow/tfjs-node',
        version: expect.stringMatching(/^2\.\d+\.\d+$/) as string,
      });
    });

    it('holds no more tensors after many steps than after one', async () => {
      const { binding } = loadLibrary({
        package: '@tensorflow/tfjs-node',
        ...{ folder, threads: 1, deterministic: true },
      });
      const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 3, dropout: 0.5 });
      const before = binding.getNumOfTensors();
      const trainer = await engine.train(network, anyWeights(network), {
        ...{ optimiser: adam, trainable: 'all', seed: 1 },
      });
      const { images, labels } = anyBatch(network, 4);
      await trainer.step(images, labels);
      const held = binding.getNumOfTensors();
      for (let step = 0; step < 200; step++) await trainer.step(images, labels);
      expect(binding.getNumOfTensors()).toBe(held);
      await trainer.dispose();
      expect(binding.getNumOfTensors()).toBe(before);
    });

    const changes = [
      { from: onnxEngine, to: engine },
      { from: engine, to: onnxEngine },
    ];
    const optimisers: Record<string, Optimiser> = {
      Adam: { ...adam, epsilon: 1e-3 },
      AdamW: { ...adam, epsilon: 1e-3, weightDecay: 0.1 },
      momentum: { kind: 'sgd', learningRate: 1e-3, momentum: 0.9, nesterov: true },
    };
    const journeys = Object.entries(optimisers).flatMap(([what, optimiser]) =>
      changes.map((change) => ({ what, optimiser, ...change })),
    );
    it.each(journeys)('a network that $from.name began with $what goes on with $to.name', async (journey) => {
      const { optimiser, from: first, to: second } = journey;
      const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 3, dropout: 0.25 });
      const options = { optimiser, trainable: 'all', seed: 1 } as const;
      const batches = [1, 2, 3, 4].map((seed) => anyBatch(network, 6, seed));
      const learn = async (engines: (typeof first)[]) => {
        let weights = anyWeights(network);
        let state;
        for (const [i, { images, labels }] of batches.entries()) {
          const trainer = await engines[i]!.train(network, weights, { ...options, ...(state && { state }) });
          await trainer.step(images, labels);
          ({ weights, optimiser: state } = trainer.state());
          await trainer.dispose();
        }
        return weights;
      };
      const straight = await learn([first, first, first, first]);
      const changed = await learn([first, first, second, second]);
      for (const [name, values] of straight)
        expect(relativeError(changed.get(name)!, values), name).toBeLessThan(50 * tolerance);
    });
  },
);

describe('TensorFlow that is not there', () => {
  it('is asked for by name, with what to do', async () => {
    const nowhere = tensorflowEngine({ gpu: true, folder: '/nowhere', deterministic: true });
    await expect(async () => nowhere.describe()).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(
        /^@tensorflow\/tfjs-node-gpu in \/nowhere: could not be loaded: .*`palimpsest setup tensorflow --gpu`/,
      ) as string,
    });
  });
});
