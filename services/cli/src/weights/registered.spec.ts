import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashFile } from '../download/hash-file.js';
import { requireWhole, weightsHere, weightsKnown } from './registered.js';
import { WeightLibrary } from './weight-library.js';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-registered-'));
  vi.stubEnv('DATA_DIR', folder);
  const from = join(folder, 'w.h5');
  writeFileSync(from, 'weights');
  for (const name of ['mine', 'imagenet-resnet50']) {
    const about = { name, architecture: 'resnet50', preprocessing: 'torch', from } as const;
    await new WeightLibrary().keep(from, { ...about, hashes: await hashFile(from), move: false });
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const fileOf = async () => (await weightsHere())[0]!.brings.weights;

describe('weights that a study may name', () => {
  it('are those of the library, as it wrote them down, and the terms of published ones', async () => {
    const weights = await fileOf();
    expect(await weightsHere()).toEqual([
      {
        ...{ name: 'imagenet-resnet50', architecture: 'resnet50' },
        brings: {
          ...{ weights, preprocessing: 'torch', licence: expect.stringContaining('MIT') as string },
          citation: expect.stringContaining('He, Zhang, Ren and Sun 2016') as string,
        },
      },
      { name: 'mine', architecture: 'resnet50', brings: { weights, preprocessing: 'torch' } },
    ]);
  });

  it('are for a plan also known ones that are still to be fetched, each once', async () => {
    const names = (await weightsKnown()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['mine', 'imagenet-resnet50', 'imagenet-densenet121']));
    expect(new Set(names).size).toBe(names.length);
  });

  it('must be there and what they were, and are named else', async () => {
    const file = await fileOf();
    await expect(requireWhole(await weightsHere())).resolves.toBeUndefined();
    writeFileSync(file, 'Weights');
    await expect(requireWhole(await weightsHere())).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(
        /^weights imagenet-resnet50, .*: expected sha256 [0-9a-f]{64} as it was fetched or imported, found [0-9a-f]{64}; remove/,
      ) as string,
    });
    rmSync(file);
    await expect(requireWhole(await weightsHere())).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(file) as string,
    });
  });
});
