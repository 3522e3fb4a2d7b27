import { afterEach, describe, expect, it, vi } from 'vitest';
import { initialWeights } from '../../initialise.js';
import { buildNetwork } from '../../build-network.js';
import type { ConvOptions } from '../../architectures/network-builder.js';
import {
  adam,
  anyBatch,
  anyWeights,
  digest,
  relativeError,
  smallNetwork,
  tinyNetwork,
} from '../conformance/cases.js';
import { engineConformance } from '../conformance/engine-conformance.js';
import { checkGradients } from '../conformance/gradient-cases.js';
import { onnxEngine, onnxOn } from './onnx-engine.js';

engineConformance('onnx', onnxEngine);

describe('onnx: its native library', () => {
  it('is told not to report what it runs, before it is loaded', async () => {
    await onnxEngine.describe();
    expect(process.env['ORT_DISABLE_TELEMETRY']).toBe('1');
  });
});

describe('onnx: gradients of convolutions of images so large that the operator of the runtime makes them', () => {
  const same = { filters: 4, kernel: 3, padding: 1 } as const;
  const halving = { filters: 4, kernel: 3, stride: 2, padding: 'same', bias: false } as const;
  const cases: [string, number, ConvOptions][] = [
    ['3 × 3', 28, same],
    ['3 × 3 of stride 2, padded below and on the right alone, without a bias', 56, halving],
    ['1 × 7, which leaves the border out', 32, { filters: 3, kernel: [1, 7] }],
  ];
  it.each(cases)('%s', async (_, imageSize, options) => {
    const network = smallNetwork({ imageSize, classes: 3 }, (net) =>
      net.conv('conv', net.conv('stem', 'images', { filters: 5, kernel: 1 }), options),
    );
    await checkGradients(onnxEngine, network);
  });
});

describe('onnx: resnet-mini, large enough for work to be shared among threads', () => {
  const network = buildNetwork('resnet-mini', { imageSize: 48, classes: 3, dropout: 0.5 });
  const weights = initialWeights(network, 1);
  const batch = anyBatch(network, 24);

  it('learns the same bytes with one thread, two, and less memory', async () => {
    const learn = async (options: { threads: number; lowMemory?: boolean }) => {
      const trainer = await onnxEngine.train(network, weights, {
        optimiser: adam,
        trainable: 'all',
        seed: 1,
        ...options,
      });
      for (let step = 0; step < 3; step++) await trainer.step(batch.images, batch.labels);
      const { weights: learnt, optimiser } = trainer.state();
      await trainer.dispose();
      return [digest(learnt), digest(optimiser.moments)];
    };
    const one = await learn({ threads: 1 });
    expect(await learn({ threads: 2 })).toEqual(one);
    expect(await learn({ threads: 2, lowMemory: true })).toEqual(one);
  });

  const pooled = smallNetwork({ imageSize: 48, classes: 3 }, (net) => {
    const stem = net.conv('stem', 'images', { filters: 24, kernel: 1 });
    const largest = net.maxPool('largest', stem, { kernel: 3, stride: 2, padding: 1 });
    return net.relu('out', net.averagePool('pool', largest, { kernel: 3, padding: 'same' }));
  });

  it.each([network, pooled])('learns the same bytes with more threads than images: $name', async (net) => {
    const few = anyBatch(net, 3);
    const learn = async (threads: number) => {
      const options = { optimiser: adam, trainable: 'all', seed: 1, threads } as const;
      const trainer = await onnxEngine.train(net, anyWeights(net), options);
      await trainer.step(few.images, few.labels);
      const { optimiser } = trainer.state();
      await trainer.dispose();
      return digest(optimiser.moments);
    };
    expect(await learn(5)).toBe(await learn(1));
  });

  it('sees the same bytes in its five stages with one thread and two', async () => {
    const look = async (threads: number) => {
      const predictor = await onnxEngine.infer(network, weights, { taps: network.stages, threads });
      const found = await predictor.run(batch.images);
      await predictor.dispose();
      return found;
    };
    const one = await look(1);
    const two = await look(2);
    const bytes = ({ taps, probabilities }: typeof one) =>
      digest(
        new Map([
          ...[...taps].map(([name, { data }]) => [name, data] as const),
          ['probabilities', probabilities],
        ]),
      );
    expect(bytes(two)).toBe(bytes(one));
    expect([...one.taps].map(([name, { shape }]) => [name, ...shape])).toEqual([
      ['conv1_relu', 24, 24, 24, 16],
      ['conv2_block1_out', 24, 12, 12, 64],
      ['conv3_block1_out', 24, 6, 6, 96],
      ['conv4_block1_out', 24, 3, 3, 128],
      ['conv5_block1_out', 24, 3, 3, 192],
    ]);
  });
});

describe('onnx: the WebAssembly build', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is used when asked for, and agrees with the native one', async () => {
    const network = tinyNetwork();
    const weights = anyWeights(network);
    const { images, labels } = anyBatch(network, 4);
    const compute = async () => {
      const trainer = await onnxEngine.train(network, weights, {
        optimiser: adam,
        trainable: 'all',
        seed: 1,
      });
      const losses = [];
      for (let step = 0; step < 3; step++) losses.push((await trainer.step(images, labels)).loss);
      const predictor = await onnxEngine.infer(network, weights, { taps: ['a'] });
      const { probabilities, taps } = await predictor.run(images);
      await Promise.all([trainer.dispose(), predictor.dispose()]);
      return { losses, probabilities, tap: taps.get('a')!.data };
    };
    vi.stubEnv('PALIMPSEST_ONNX_RUNTIME', 'web');
    expect((await onnxEngine.describe()).runtime).toBe('onnxruntime-web');
    const web = await compute();
    vi.stubEnv('PALIMPSEST_ONNX_RUNTIME', 'node');
    expect((await onnxEngine.describe()).runtime).toBe('onnxruntime-node');
    const native = await compute();
    expect(relativeError(web.losses, native.losses)).toBeLessThan(1e-5);
    expect(relativeError(web.probabilities, native.probabilities)).toBeLessThan(1e-5);
    expect(relativeError(web.tap, native.tap)).toBeLessThan(1e-5);
  });

  it('is not guessed at: another name is refused', async () => {
    vi.stubEnv('PALIMPSEST_ONNX_RUNTIME', 'gpu');
    await expect(onnxEngine.describe()).rejects.toMatchObject({
      code: 'invalid',
      message: 'PALIMPSEST_ONNX_RUNTIME: expected "node" or "web", found "gpu"',
    });
  });

  it('has no GPU, and says so', async () => {
    vi.stubEnv('PALIMPSEST_ONNX_RUNTIME', 'web');
    const network = tinyNetwork();
    await expect(onnxOn('cuda').infer(network, initialWeights(network, 1))).rejects.toMatchObject({
      code: 'invalid',
      message: 'onnxruntime-web: expected to run on cpu, found cuda',
    });
  });
});
