import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeSafetensors, type Tensor } from '@palimpsest/formats';
import { buildNetwork, initialWeights, onnxEngine } from '@palimpsest/networks';
import { afterAll, describe, expect, it } from 'vitest';
import { palimpsest } from '../support/palimpsest.js';
import { findKeras } from './keras/saved-model.js';

const keras = findKeras();
const note = 'missing' in keras ? ` (skipped: ${keras.missing})` : ` (Keras ${keras.version})`;
const script = new URL('weights/load_export.py', import.meta.url).pathname;

describe.skipIf('missing' in keras)(`a checkpoint that is exported to Keras${note}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-export-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['resnet50', 2],
    ['densenet121', 3],
  ] as const)(
    'is loaded by it and says the same: %s, %i classes',
    { timeout: 300_000 },
    async (name, classes) => {
      const imageSize = 64;
      const network = buildNetwork(name, { imageSize, classes, dropout: 0 });
      const weights = initialWeights(network, 5);
      const tensors = network.weights.map((spec): [string, Tensor] => [
        spec.name,
        { shape: [...spec.shape], data: weights.get(spec.name)! },
      ]);
      const labels = ['a', 'b', 'c'].slice(0, classes);
      const metadata = {
        architecture: name,
        preprocessing: 'caffe',
        imageSize: '64',
        classes: JSON.stringify(labels),
      };
      const [checkpoint, out] = [path.join(folder, `${name}.safetensors`), path.join(folder, `${name}.h5`)];
      writeFileSync(checkpoint, writeSafetensors(new Map(tensors), metadata));
      const ended = await palimpsest('export', checkpoint, '--to', 'keras', '--out', out);
      expect(ended, ended.stderr).toMatchObject({ code: 0 });

      const predictor = await onnxEngine.infer(network, weights);
      const ours = await predictor.run(new Float32Array(imageSize ** 2 * 3).fill(1));
      await predictor.dispose();
      const { python } = keras as { python: string };
      const said = execFileSync(python, [script, name, `${imageSize}`, `${classes}`, out], {
        encoding: 'utf8',
      });
      const theirs = JSON.parse(said.trim().split('\n').at(-1) ?? '') as number[];
      const expected = classes === 2 ? [1 - theirs[0]!, theirs[0]!] : theirs;
      expected.forEach((value, i) => expect(ours.probabilities[i]).toBeCloseTo(value, 5));
    },
  );
});
