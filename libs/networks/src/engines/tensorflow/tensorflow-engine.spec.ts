import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../build-network.js';
import type { Optimiser, TrainOptions } from '../../engine.js';
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

    it.each([
      ['Adam', { optimiser: adam }],
      [
        'decayed momentum in two parts a step, on a part of the network',
        {
          optimiser: { kind: 'sgd', learningRate: 1e-3, momentum: 0.9, nesterov: true, weightDecay: 0.1 },
          trainable: { frozenStages: 2 },
          loss: { classWeights: [1, 2, 3], focalGamma: 2 },
          accumulates: true,
        },
      ],
    ] as [string, Pick<TrainOptions, 'optimiser'> & Partial<TrainOptions>][])(
      'holds no more tensors after many steps than after one: %s',
      async (_, options) => {
        const { binding } = loadLibrary({
          package: '@tensorflow/tfjs-node',
          ...{ folder, threads: 1, deterministic: true },
        });
        const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 3, dropout: 0.5 });
        const before = binding.getNumOfTensors();
        const all = { trainable: 'all', seed: 1, ...options } as const;
        const trainer = await engine.train(network, anyWeights(network), all);
        const { images, labels } = anyBatch(network, 4);
        const step = async () => {
          if (!options.accumulates) return trainer.step(images, labels);
          await trainer.step(images, labels, { part: { share: 0.5, last: false } });
          return trainer.step(images, labels, { part: { share: 0.5, last: true } });
        };
        await step();
        const held = binding.getNumOfTensors();
        for (let i = 0; i < 200; i++) await step();
        expect(binding.getNumOfTensors()).toBe(held);
        if (options.accumulates) await trainer.step(images, labels, { part: { share: 0.5, last: false } });
        await trainer.dispose();
        expect(binding.getNumOfTensors()).toBe(before);
      },
    );

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
