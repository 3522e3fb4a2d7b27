import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { buildNetwork } from '../../build-network.js';
import { anyBatch, anyWeights, relativeError } from '../conformance/cases.js';
import { onnxEngine } from './onnx-engine.js';
import { writeOnnx } from './write-onnx.js';

it.each([2, 3])('runs in ONNX Runtime and says what our engine says, %i classes', async (classes) => {
  const network = buildNetwork('resnet-mini', { imageSize: 32, classes, dropout: 0.5 });
  const weights = anyWeights(network);
  const { images } = anyBatch(network, 3);
  const session = await InferenceSession.create(writeOnnx(network, weights, { classes: '["a","b"]' }));
  const { probabilities } = await session.run({ images: new Tensor('float32', images, [3, 32, 32, 3]) });
  await session.release();
  const predictor = await onnxEngine.infer(network, weights);
  const ours = (await predictor.run(images)).probabilities;
  await predictor.dispose();
  const expected = classes === 2 ? ours.filter((_, i) => i % 2 === 1) : ours;
  expect(probabilities?.dims).toEqual([3, classes === 2 ? 1 : classes]);
  expect(relativeError(probabilities?.data as Float32Array, expected)).toBeLessThan(1e-6);
});

it('refuses weights of another network', () => {
  const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 3, dropout: 0 });
  expect(() => writeOnnx(network, new Map())).toThrow(
    'expected conv1_conv/kernel of 3 × 3 × 3 × 16, found no',
  );
});
