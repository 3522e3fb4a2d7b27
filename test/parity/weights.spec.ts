import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readSafetensors, readWeights } from '@palimpsest/formats';
import { buildNetwork, readBase, type Network } from '@palimpsest/networks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resnet } from '../../libs/networks/src/architectures/resnet.js';

const scripts = path.resolve(import.meta.dirname, 'weights');
const kerasFiles = [
  ...['keras2-weights.h5', 'keras2-model.h5', 'keras3-model.h5', 'keras3-nested.h5'],
  ...['keras3.weights.h5', 'keras3-unnamed.weights.h5', 'keras3.keras', 'keras3-nested.keras'],
];
const torchFiles = ['keras-lineage.pth', 'legacy.pth', 'checkpoint.pt'];
const nowhere = () => Promise.reject(new Error('nothing lies beside'));

const tiny = resnet(
  {
    name: 'tiny',
    conv1: { filters: 2, kernel: 3, stride: 2 },
    stages: [{ filters: 2, blocks: 1, stride: 1 }],
  },
  { imageSize: 32, classes: 2, dropout: 0 },
);

async function baseIn(network: Network, bytes: Uint8Array, file: string) {
  const { tensors } = await readWeights(bytes, nowhere);
  return readBase(network, tensors, file);
}

const expectedIn = (bytes: Uint8Array) =>
  new Map([...readSafetensors(bytes).tensors].map(([name, { data }]) => [name, data]));

describe('weights that Keras and PyTorch wrote', () => {
  const fixture = (name: string) => gunzipSync(readFileSync(path.join(scripts, 'fixtures', `${name}.gz`)));
  const expected = expectedIn(fixture('expected.safetensors'));

  it.each([...kerasFiles, ...torchFiles])('are read to the last bit: %s', async (name) => {
    const { weights, differences } = await baseIn(tiny, fixture(name), name);
    expect(weights).toEqual(expected);
    expect(differences).toEqual([]);
  });

  it('are read in half precision', async () => {
    const { weights } = await baseIn(tiny, fixture('half.pth'), 'half.pth');
    for (const [name, data] of weights) {
      const exact = expected.get(name)!;
      data.forEach((value, i) =>
        expect(Math.abs(value - exact[i]!)).toBeLessThan(1e-3 * Math.abs(exact[i]!) + 1e-7),
      );
    }
  });

  it('get biases of zero where PyTorch’s network has none, and differ in the stride', async () => {
    const { weights, differences } = await baseIn(tiny, fixture('torchvision.pth'), 'torchvision.pth');
    expect(weights.get('conv1_conv/kernel')).toEqual(expected.get('conv1_conv/kernel'));
    expect(weights.get('conv1_conv/bias')).toEqual(new Float32Array(2));
    expect(differences.some(({ matters }) => matters)).toBe(true);
  });

  it.each([...kerasFiles, ...torchFiles])(
    'are refused when cut anywhere, with what is missing: %s',
    async (name) => {
      const bytes = fixture(name);
      for (const share of [0.1, 0.35, 0.6, 0.85, 0.99]) {
        const cut = bytes.subarray(0, Math.floor(share * bytes.length));
        await expect(baseIn(tiny, cut, name), `${name} at ${share}`).rejects.toThrow(
          /truncated|expected .* found/,
        );
      }
    },
  );
});

describe('an HDF5 file that is cut off before its index', () => {
  it('names the first tensor that is not whole all the same', async () => {
    const bytes = gunzipSync(readFileSync(path.join(scripts, 'fixtures', 'keras2-weights.h5.gz')));
    const named = [];
    for (let length = 4000; length < bytes.length; length += 97) {
      const message = await readWeights(bytes.subarray(0, length), nowhere).then(String, String);
      const [, tensor, end] = /"(.+)" needs bytes \d+ to (\d+)$/.exec(message) ?? [];
      expect(message).toContain(`expected ${bytes.length} bytes, found ${length}`);
      if (tensor === undefined) continue;
      named.push(tensor);
      expect(Number(end)).toBeGreaterThan(length);
    }
    expect(named.length).toBeGreaterThan(0);
    for (const tensor of named) expect(tensor).toMatch(/^conv\w+\/(kernel|bias|gamma|beta|moving_\w+):0$/);
  });
});

const python = process.env.PALIMPSEST_PYTHON ?? 'python3';
const hasKeras =
  spawnSync(python, ['-c', 'import keras, tf_keras, h5py'], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' },
  }).status === 0;
const reason = hasKeras
  ? ''
  : ` (skipped: ${python} has no keras with tf_keras; PALIMPSEST_PYTHON names another)`;

describe.skipIf(!hasKeras)(`ResNet50 as Keras itself saves it${reason}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-keras-'));
    const made = spawnSync(python, [path.join(scripts, 'keras_files.py'), 'resnet50', folder], {
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(made.stderr);
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const network = buildNetwork('resnet50', { imageSize: 64, classes: 2, dropout: 0 });

  it.each(kerasFiles)('is read to the last bit: %s', { timeout: 120_000 }, async (name) => {
    const expected = expectedIn(readFileSync(path.join(folder, 'expected.safetensors')));
    const { weights } = await baseIn(network, readFileSync(path.join(folder, name)), name);
    expect(weights.size).toBe(318);
    for (const [tensor, data] of weights) {
      const same = Buffer.compare(bytesOf(data), bytesOf(expected.get(tensor)!)) === 0;
      expect(same, tensor).toBe(true);
    }
  });

  it.each(kerasFiles)('cut at 1 MiB is refused, naming what is not whole: %s', async (name) => {
    expect(readdirSync(folder)).toContain(name);
    const cut = readFileSync(path.join(folder, name)).subarray(0, 2 ** 20);
    await expect(baseIn(network, cut, name)).rejects.toThrow(/truncated.*\d+.* found 1048576/);
    if (!name.startsWith('keras2')) return;
    const tensor = /"conv\d_block\d_\d_(conv|bn)\/\w+:0" needs bytes \d+ to \d+$/;
    await expect(baseIn(network, cut, name)).rejects.toThrow(tensor);
  });
});

describe.skipIf(!hasKeras)(`networks whose layers Keras numbers by itself${reason}`, () => {
  it.each([
    ['densenet121', 'densenet121'],
    ['inception_v3', 'inception-v3'],
    ['inception_resnet_v2', 'inception-resnet-v2'],
  ] as const)(
    'are read to the last bit wherever it counts from: %s',
    { timeout: 600_000 },
    async (model, name) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-keras-'));
      try {
        const made = spawnSync(python, [path.join(scripts, 'keras_files.py'), model, folder], {
          encoding: 'utf8',
        });
        expect(made.status, made.stderr).toBe(0);
        const expected = expectedIn(readFileSync(path.join(folder, 'expected.safetensors')));
        const network = buildNetwork(name, { imageSize: 128, classes: 2, dropout: 0 });
        for (const file of ['named.weights.h5', 'unnamed.weights.h5', 'second.h5', 'keras2.h5']) {
          const { weights } = await baseIn(network, readFileSync(path.join(folder, file)), file);
          expect([...weights.keys()].sort()).toEqual([...expected.keys()].sort());
          const others = [...weights].filter(
            ([tensor, data]) => Buffer.compare(bytesOf(data), bytesOf(expected.get(tensor)!)) !== 0,
          );
          expect(others.map(([tensor]) => tensor)).toEqual([]);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

const bytesOf = (data: Float32Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
