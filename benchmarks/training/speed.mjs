/**
 * Speed and memory of training and inference: our engines, Keras and PyTorch, each in a process of its own.
 *
 *     node benchmarks/training/speed.mjs [--only NAME,NAME] [--threads 1,2] [--cases NAME,NAME] [--rounds 3]
 *
 * Python with keras, tensorflow and torch is PALIMPSEST_PYTHON; what it lacks is skipped by name. TensorFlow under Node
 * is what `palimpsest setup tensorflow` put into PALIMPSEST_TENSORFLOW (~/.cache/palimpsest-tensorflow). Rounds go through all programs in turn; a figure is
 * the best of them, as whatever disturbs a measurement makes it slower. Needs `tsc -b`.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);
const at = (file) => path.resolve(import.meta.dirname, file);
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    threads: { type: 'string', default: '1,2' },
    cases: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  },
});

const cases = [
  { name: 'inference-112', what: 'infer', architecture: 'resnet50', imageSize: 112, batch: 16, steps: 8 },
  { name: 'inference-224', what: 'infer', architecture: 'resnet50', imageSize: 224, batch: 8, steps: 6 },
  { name: 'training-112', what: 'train', architecture: 'resnet50', imageSize: 112, batch: 16, steps: 8 },
  { name: 'training-224', what: 'train', architecture: 'resnet50', imageSize: 224, batch: 8, steps: 6 },
  { name: 'training-mini', what: 'train', architecture: 'resnet-mini', imageSize: 48, batch: 32, steps: 40 },
];
const python = process.env.PALIMPSEST_PYTHON;
const programs = {
  onnx: (job) => [process.execPath, [at('ours.mjs'), 'onnx', job]],
  tensorflow: (job) => [process.execPath, [at('ours.mjs'), 'tensorflow', job]],
  keras: (job) => python && [python, [at('keras_speed.py'), job]],
  pytorch: (job) => python && [python, [at('torch_speed.py'), job]],
};

const wanted = (list, names) =>
  list === undefined ? names : names.filter((name) => list.split(',').includes(name));
const names = wanted(values.only, Object.keys(programs));
const chosen = cases.filter(({ name }) => wanted(values.cases, [name]).length > 0);
for (const { name, ...job } of chosen)
  for (const threads of values.threads.split(',').map(Number)) {
    const best = new Map();
    for (let round = 0; round < Number(values.rounds); round++)
      for (const program of names) {
        const found = await measure(program, { ...job, threads });
        const before = best.get(program);
        if (!before || found.imagesPerSecond > before.imagesPerSecond) best.set(program, found);
      }
    for (const [program, { skipped, imagesPerSecond, megabytes, version }] of best) {
      const said = skipped ?? `${imagesPerSecond.toFixed(1)} images/s, ${megabytes} MB, ${version}`;
      console.log(`${name}, ${threads} threads, ${program}: ${said}`);
    }
  }

async function measure(program, job) {
  const command = programs[program](JSON.stringify(job));
  if (!command) return { skipped: 'skipped: no PALIMPSEST_PYTHON', imagesPerSecond: 0 };
  try {
    const { stdout } = await run(...command, { env: { ...process.env, CUDA_VISIBLE_DEVICES: '' } });
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } catch (error) {
    return {
      skipped: `skipped: ${error.stderr?.trim().split('\n').at(-1) ?? error.message}`,
      imagesPerSecond: 0,
    };
  }
}
