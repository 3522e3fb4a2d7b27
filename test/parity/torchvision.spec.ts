import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSafetensors, readWeights } from '@palimpsest/formats';
import { buildNetwork, initialWeights, onnxEngine, readBase, type Network } from '@palimpsest/networks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const script = path.resolve(import.meta.dirname, 'weights/torchvision_densenet.py');
/** Of single precision against PyTorch in double precision, relative to the largest value of a layer. */
const tolerance = 1e-5;
const sizes = [64, 97];

const python = process.env['PALIMPSEST_PYTHON'] ?? 'python3';
const hasTorchvision = spawnSync(python, ['-c', 'import torchvision']).status === 0;
const reason = hasTorchvision
  ? ''
  : ` (skipped: ${python} has no torchvision; PALIMPSEST_PYTHON names another)`;

describe.skipIf(!hasTorchvision)(`DenseNet121 of torchvision${reason}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-torchvision-'));
    execFileSync(python, [script, folder, ...sizes.map(String)]);
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (name: string) => readFileSync(path.join(folder, name));
  const build = (imageSize: number) => buildNetwork('densenet121', { imageSize, classes: 2, dropout: 0 });
  const baseIn = async (network: Network, name: string) => {
    const { tensors } = await readWeights(read(name), () => Promise.reject(new Error('nothing lies beside')));
    return readBase(network, tensors, name);
  };

  it.each(sizes)('computes the same here, at every layer looked at: images of %i pixels', async (size) => {
    const network = build(size);
    const { weights, differences } = await baseIn(network, 'named.pth');
    expect(differences.some(({ matters }) => matters)).toBe(false);
    const { tensors } = readSafetensors(read('activations.safetensors'));
    const all = new Map([...initialWeights(network, 1), ...weights]);
    const predictor = await onnxEngine.infer(network, all, { taps: network.stages });
    const found = await predictor.run(tensors.get(`images/${size}`)!.data);
    await predictor.dispose();
    expect(found.taps.size).toBe(5);
    for (const [name, { data }] of found.taps) {
      const expected = tensors.get(`activations/${size}/${name}`)!.data;
      expect(data.length, name).toBe(expected.length);
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const error = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0);
      expect(error / largest, name).toBeLessThan(tolerance);
    }
  });

  it.each(['dotted.pth', 'radimagenet.pt'])('is the same under other names: %s', async (name) => {
    const network = build(64);
    const { weights } = await baseIn(network, 'named.pth');
    const { weights: found } = await baseIn(network, name);
    expect([...found.keys()]).toEqual([...weights.keys()]);
    const others = [...found].filter(([tensor, data]) =>
      Buffer.compare(bytesOf(data), bytesOf(weights.get(tensor)!)),
    );
    expect(others.map(([tensor]) => tensor)).toEqual([]);
  });
});

const bytesOf = (data: Float32Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
