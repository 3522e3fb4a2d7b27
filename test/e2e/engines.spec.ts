import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSafetensors } from '@palimpsest/formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { palimpsest, start } from '../support/palimpsest.js';
import { noTensorflow, tensorflowHome } from '../support/tensorflow.js';
import { writeTinyStudy } from '../support/tiny-study.mjs';

describe.skipIf(noTensorflow)(
  `a study with TensorFlow (${noTensorflow ?? 'set up'})`,
  { timeout: 300_000 },
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-engines-'));
    const env = { ENGINE: 'tensorflow', TENSORFLOW_HOME: tensorflowHome };
    const checkpoints = path.join(folder, 'data/store/checkpoints');
    let study: string;
    beforeAll(async () => {
      study = await writeTinyStudy(folder);
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('comes to its report, and every checkpoint says what computed it', async () => {
      const args = ['run', study, '--data', path.join(folder, 'data'), '--out', path.join(folder, 'report')];
      const ended = await start(args, env).end;
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      const found = readdirSync(checkpoints);
      expect(found.length).toBeGreaterThan(4);
      for (const name of found) {
        const { metadata } = readSafetensors(readFileSync(path.join(checkpoints, name)));
        expect(metadata['engine']).toMatch(/^tensorflow \(@tensorflow\/tfjs-node 2\./);
      }
    });

    it('leaves checkpoints that predict the same with every engine', async () => {
      const [name] = readdirSync(checkpoints);
      const args = [
        ...['predict', '--checkpoint', path.join(checkpoints, name ?? ''), '--json'],
        path.join(folder, 'nodules'),
      ];
      const probabilities = async (settings: Record<string, string>) => {
        const ended = await start(args, settings).end;
        expect(ended, ended.stderr).toMatchObject({ code: 0 });
        const lines = ended.stdout.trim().split('\n');
        return lines.flatMap((line) =>
          Object.values((JSON.parse(line) as { probabilities: Record<string, number> }).probabilities),
        );
      };
      const [onnx, tensorflow] = [await probabilities({}), await probabilities(env)];
      expect(onnx.length).toBeGreaterThan(40);
      onnx.forEach((value, i) => expect(tensorflow[i]).toBeCloseTo(value, 4));
    });
  },
);

describe('an engine that is not there', () => {
  it('is named, with what to do', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-engines-'));
    const file = path.join(folder, 'c.safetensors');
    writeFileSync(file, 'nothing');
    const ended = await palimpsest('setup', 'tensorflow', '--library', folder, '--data', folder);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toContain('expected lib/libtensorflow_cc.so.2, found no such file');
    rmSync(folder, { recursive: true });
  });
});
