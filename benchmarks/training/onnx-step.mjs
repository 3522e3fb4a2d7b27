/**
 * Speed of a training step of the onnx engine: forward, backward, Adam, moving statistics.
 *
 *     node benchmarks/training/onnx-step.mjs [architecture] [imageSize] [batch] [threads] [steps]
 *
 * Prints images per second (median step, the first two left out), images per second of processor time, which other
 * work on the machine disturbs less, and the peak of memory. Needs `tsc -b libs/networks`.
 */
import { buildNetwork, initialWeights, onnxEngine } from '@palimpsest/networks';

const [architecture = 'resnet-mini', ...numbers] = process.argv.slice(2);
const [imageSize = 32, batch = 32, threads = 1, steps = 30] = numbers.map(Number);
const network = buildNetwork(architecture, { imageSize, classes: 3, dropout: 0.5 });
const optimiser = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const options = { optimiser, trainable: 'all', seed: 1, threads };
const trainer = await onnxEngine.train(network, initialWeights(network, 1), options);
const images = Float32Array.from({ length: batch * imageSize ** 2 * 3 }, (_, i) => Math.sin(i));
const labels = Array.from({ length: batch }, (_, i) => i % 3);

const measured = [];
for (let step = 0; step < steps; step++) {
  const started = performance.now();
  const before = process.cpuUsage();
  await trainer.step(images, labels);
  const { user, system } = process.cpuUsage(before);
  if (step >= 2) measured.push({ wall: performance.now() - started, cpu: (user + system) / 1000 });
}
await trainer.dispose();
const median = (key) => measured.map((each) => each[key]).sort((a, b) => a - b)[measured.length >> 1];
const rate = (milliseconds) => ((1000 * batch) / milliseconds).toFixed(1);
const { runtime, version } = await onnxEngine.describe();
console.log({
  network: `${architecture} ${imageSize}², batch ${batch}, threads ${threads}, ${runtime} ${version}`,
  imagesPerSecond: rate(median('wall')),
  imagesPerProcessorSecond: rate(median('cpu')),
  peakMemoryMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
});
