// One measurement of an engine of ours: `node ours.mjs ENGINE JOB`, JOB as JSON. Prints JSON.
import { homedir } from 'node:os';
import path from 'node:path';
import { buildNetwork, initialWeights, openEngine } from '@palimpsest/networks';

const [name, job] = process.argv.slice(2);
const { what, architecture, imageSize, batch, threads, steps } = JSON.parse(job);
const tensorflowHome =
  process.env.PALIMPSEST_TENSORFLOW ?? path.join(homedir(), '.cache/palimpsest-tensorflow');
const engine = openEngine({ name, onnxProvider: 'cpu', tensorflowHome, deterministic: false });
const network = buildNetwork(architecture, { imageSize, classes: 3, dropout: 0.5 });
const weights = initialWeights(network, 1);
const images = Float32Array.from({ length: batch * imageSize ** 2 * 3 }, (_, i) => Math.sin(i));
const labels = Array.from({ length: batch }, (_, i) => i % 3);
const optimiser = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const step =
  what === 'infer'
    ? await engine.infer(network, weights, { threads }).then((predictor) => () => predictor.run(images))
    : await engine
        .train(network, weights, { optimiser, trainable: 'all', seed: 1, threads })
        .then((trainer) => () => trainer.step(images, labels));

const times = [];
for (let i = 0; i < steps + 2; i++) {
  const started = performance.now();
  await step();
  if (i >= 2) times.push(performance.now() - started);
}
times.sort((a, b) => a - b);
const { runtime, version } = await engine.describe();
console.log(
  JSON.stringify({
    imagesPerSecond: (1000 * batch) / times[times.length >> 1],
    megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    version: `${runtime} ${version}`,
  }),
);
process.exit();
