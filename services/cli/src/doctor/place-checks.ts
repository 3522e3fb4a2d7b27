import { execFile } from 'node:child_process';
import { mkdir, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import {
  createBus,
  createLogger,
  engineSettings,
  linearAlgebraSettings,
  type Config,
} from '@palimpsest/platform';
import { safe, type Check, type Finding } from './check.js';

const OLDEST_NODE = [20, 19] as const;
const GB = 1e9;

/** The broker that `BUS_URL` names: reached, and its topics there or made. */
export function busChecks(config: Config): Check[] {
  const run = async () => {
    const bus = await createBus(config, createLogger({ LOG_LEVEL: 'silent' }));
    try {
      await bus.ping();
      const reach = bus.durable ? 'it answers, and its topics are there' : 'seen by this process only';
      return `${safe(config.BUS_URL)}: ${reach}`;
    } finally {
      await bus.close();
    }
  };
  return [{ thing: 'bus', advice: 'see BUS_URL', run }];
}

/** What this machine offers to tasks that run here. */
export function placeChecks(config: Config): Check[] {
  return [
    { thing: 'free space', advice: 'see DATA_DIR', run: () => freeSpace(config.DATA_DIR) },
    { thing: 'Node', advice: `install Node ${OLDEST_NODE.join('.')} or later`, run: () => nodeVersion() },
    { thing: 'library: ONNX Runtime', advice: 'run npm install again, with optional packages', run: onnx },
    { thing: 'engine', advice: 'see ENGINE and ONNX_PROVIDER', run: () => engine(config) },
    { thing: 'linear algebra', advice: 'see LINEAR_ALGEBRA', run: () => linearAlgebra(config) },
    { thing: 'library: sharp', advice: 'run npm install again, with optional packages', run: sharp },
    { thing: 'GPU', advice: '', run: () => gpu(config) },
  ];
}

async function freeSpace(folder: string): Promise<Omit<Finding, 'thing'>> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  return spaceFinding(bavail * bsize, folder);
}

/** What so many free bytes mean. */
export function spaceFinding(free: number, folder: string): Omit<Finding, 'thing'> {
  const found = `${(free / GB).toFixed(1)} GB in ${folder}`;
  if (free >= 10 * GB) return { verdict: 'ok', found };
  const advice = 'a study of thousands of images takes 10 GB and more; free some, or use another DATA_DIR';
  return { verdict: free < GB ? 'FAIL' : 'warn', found, advice };
}

/** Whether this program runs on a version. */
export function nodeVersion(version = process.versions.node): Promise<Omit<Finding, 'thing'>> {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  if (!old) return Promise.resolve({ verdict: 'ok', found: version });
  const advice = `install Node ${OLDEST_NODE.join('.')} or later`;
  return Promise.resolve({ verdict: 'FAIL', found: version, advice });
}

async function onnx(): Promise<Omit<Finding, 'thing'>> {
  const { onnxEngine } = await import('@palimpsest/networks');
  const { runtime, version } = await onnxEngine.describe();
  const found = `${runtime} ${version}`;
  if (runtime === 'onnxruntime-node') return { verdict: 'ok', found };
  return { verdict: 'warn', found, advice: 'the native one did not load; this one is many times slower' };
}

/** Lets what `ENGINE` names run a small network: a library that loads may find no GPU. */
async function engine(config: Config): Promise<Omit<Finding, 'thing'>> {
  const { buildNetwork, initialWeights, openEngine } = await import('@palimpsest/networks');
  const opened = openEngine(engineSettings(config));
  const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 2, dropout: 0 });
  const predictor = await opened.infer(network, initialWeights(network, 0));
  await predictor.run(new Float32Array(32 * 32 * 3)).finally(() => predictor.dispose());
  const { engine: name, runtime, version } = await opened.describe();
  const found = `${name}: ${runtime} ${version}`;
  if (!runtime.includes('no GPU')) return { verdict: 'ok', found };
  return { verdict: 'warn', found, advice: 'it computes on processors; see docs/guide/engines.md' };
}

/** Loads what `LINEAR_ALGEBRA` names. */
async function linearAlgebra(config: Config): Promise<string> {
  const { openLinearAlgebra } = await import('@palimpsest/blas');
  return (await openLinearAlgebra(linearAlgebraSettings(config), 1)).name;
}

async function sharp(): Promise<string> {
  const { encodePng } = await import('@palimpsest/images');
  await encodePng({ width: 1, height: 1, channels: 1, pixels: new Uint8Array(1) });
  return 'writes an image';
}

async function gpu({ ENGINE, ONNX_PROVIDER }: Config): Promise<string> {
  const used = ENGINE === 'tensorflow-gpu' || (ENGINE === 'onnx' && ONNX_PROVIDER === 'cuda');
  const use = used ? 'used' : 'not used: see ENGINE';
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['-L'], { timeout: 10_000 });
    const names = stdout.split('\n').flatMap((line) => /^GPU \d+: (.*?) \(/.exec(line)?.[1] ?? []);
    return `${names.join(', ') || 'none'}; ${use}`;
  } catch {
    return `none (no nvidia-smi); ${use}`;
  }
}
