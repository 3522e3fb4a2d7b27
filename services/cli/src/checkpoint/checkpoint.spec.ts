import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSafetensors, writeKerasHdf5, writeSafetensors } from '@palimpsest/formats';
import { encodePng, preprocess } from '@palimpsest/images';
import { buildNetwork, initialWeights, onnxEngine, writeOnnx } from '@palimpsest/networks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportCheckpoint } from './export-checkpoint.js';
import { predictImages, type Prediction } from './predict-images.js';
import { readCheckpoint } from './read-checkpoint.js';

const network = buildNetwork('resnet-mini', { imageSize: 32, classes: 3, dropout: 0 });
const weights = initialWeights(network, 1);
const metadata = {
  architecture: 'resnet-mini',
  preprocessing: 'minus-one-to-one',
  imageSize: '32',
  classes: '["benign","malignant","normal"]',
};
const tensors = new Map(
  network.weights.map(({ name, shape }) => [name, { shape: [...shape], data: weights.get(name)! }]),
);

let folder: string;
let checkpoint: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'palimpsest-checkpoint-'));
  checkpoint = path.join(folder, 'c.safetensors');
  await writeFile(checkpoint, writeSafetensors(tensors, metadata));
});
afterAll(() => rm(folder, { recursive: true }));

async function predictionsOf(place: string): Promise<Prediction[]> {
  const found: Prediction[] = [];
  const { signal } = new AbortController();
  const options = { engine: onnxEngine, threads: 1, signal, progress: () => undefined };
  for await (const each of predictImages(await readCheckpoint(checkpoint), place, options)) found.push(each);
  return found;
}

describe('predict', () => {
  it('says what the engine says of the same pixels, image by image, and names what is no image', async () => {
    const images = path.join(folder, 'images');
    await mkdir(path.join(images, 'more'), { recursive: true });
    const pixels = [0, 1].map((n) => Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * (n + 7)) % 256));
    const png = (n: number) => encodePng({ width: 32, height: 32, channels: 3, pixels: pixels[n]! });
    await writeFile(path.join(images, 'a.png'), await png(0));
    await writeFile(path.join(images, 'b.png'), 'no image');
    await writeFile(path.join(images, 'more', 'c.PNG'), await png(1));
    await writeFile(path.join(images, 'notes.txt'), 'not asked for');
    const found = await predictionsOf(images);
    expect(found.map(({ path: file }) => path.relative(images, file))).toEqual([
      'a.png',
      'b.png',
      'more/c.PNG',
    ]);
    expect(found[1]).toMatchObject({ problem: expect.stringContaining('b.png') as string });
    const predictor = await onnxEngine.infer(network, weights);
    for (const [n, prediction] of [found[0]!, found[2]!].entries()) {
      const expected = await predictor.run(preprocess(pixels[n]!, 'minus-one-to-one'));
      const { probabilities } = prediction as Extract<Prediction, { predicted: string }>;
      probabilities.forEach((value, i) => expect(value).toBeCloseTo(expected.probabilities[i]!, 6));
    }
    await predictor.dispose();
  });

  it('follows links to images and folders, and names one that leads nowhere', async () => {
    const [kept, linked] = [path.join(folder, 'kept'), path.join(folder, 'linked')];
    await mkdir(kept);
    await mkdir(linked);
    const pixels = new Uint8Array(32 * 32 * 3);
    await writeFile(
      path.join(kept, 'a.png'),
      await encodePng({ width: 32, height: 32, channels: 3, pixels }),
    );
    await symlink('../linked', path.join(kept, 'round'));
    await symlink('../kept', path.join(linked, 'folder'));
    await symlink('../kept/a.png', path.join(linked, 'good.png'));
    await symlink('nowhere.png', path.join(linked, 'lost.png'));
    const found = await predictionsOf(linked);
    expect(found.map((each) => path.relative(linked, each.path))).toEqual([
      'folder/a.png',
      'good.png',
      'lost.png',
    ]);
    expect(found[1]).toHaveProperty('predicted');
    const problem = `${path.join(linked, 'lost.png')}: expected an image, found nothing`;
    expect(found[2]).toMatchObject({ problem });
  });

  it('says that there is nothing to predict', async () => {
    await expect(predictionsOf(path.join(folder, 'nowhere'))).rejects.toThrow(
      /expected an image or a folder/,
    );
    const empty = path.join(folder, 'empty');
    await mkdir(empty);
    await expect(predictionsOf(empty)).rejects.toThrow(/expected PNG or JPEG files, found none/);
  });
});

const trainingState = (state: Uint8Array) =>
  Buffer.concat([createHash('sha256').update(state).digest(), state]);

describe('a checkpoint', () => {
  it('must be one of this program, whole and of its architecture', async () => {
    const write = async (bytes: Uint8Array) => {
      const file = path.join(folder, 'other.safetensors');
      await writeFile(file, bytes);
      return readCheckpoint(file);
    };
    await expect(write(writeSafetensors(new Map(), metadata))).rejects.toThrow(
      'tensor conv1_conv/kernel: expected 3 × 3 × 3 × 16, found none',
    );
    const whole = await readFile(checkpoint);
    await expect(write(whole.subarray(0, whole.length - 10))).rejects.toThrow(
      /expected a checkpoint of palimpsest, found a safetensors file that cannot be read \(.*truncated/,
    );
    await expect(readCheckpoint(path.join(folder, 'none'))).rejects.toThrow(/found neither/);
    await expect(readCheckpoint(folder)).rejects.toMatchObject({
      code: 'invalid',
      message: `${folder}: expected a checkpoint, found a folder`,
    });
  });

  it.each([
    ['no architecture, no preprocessing, no imageSize, no classes', {}],
    ['architecture "vgg16"', { ...metadata, architecture: 'vgg16' }],
    ['classes "benign, normal"', { ...metadata, classes: 'benign, normal' }],
  ])('says in a sentence that it found %s', async (found, facts) => {
    const file = path.join(folder, 'facts.safetensors');
    await writeFile(file, writeSafetensors(tensors, facts));
    await expect(readCheckpoint(file)).rejects.toMatchObject({
      code: 'invalid',
      message: `${file}: expected a checkpoint of palimpsest, found a safetensors file with ${found} in its metadata`,
    });
  });

  it.each([
    ['an HDF5 file, as Keras writes weights', () => writeKerasHdf5([])],
    ['an ONNX model', () => writeOnnx(network, weights)],
    ['a zip archive, as PyTorch and Keras write weights', () => Buffer.from('PK\x03\x04 archive')],
    ['a JSON file', () => Buffer.from('{ "modelTopology": {} }')],
    ['the state of a training that is not done', () => trainingState(Buffer.from([1, 2, 3]))],
    ['one that begins with the bytes 01 02 03', () => Buffer.from([1, 2, 3])],
    ['an empty file', () => Buffer.alloc(0)],
  ])('is not %s', async (found, bytes) => {
    const file = path.join(folder, 'other');
    await writeFile(file, await bytes());
    await expect(readCheckpoint(file)).rejects.toMatchObject({
      code: 'invalid',
      message: `${file}: expected a checkpoint of palimpsest, found ${found}`,
    });
  });

  it('is not exported to where nothing can be written', async () => {
    const exported = (out: string) => exportCheckpoint(checkpoint, { to: 'safetensors', out });
    const nowhere = path.join(folder, 'nowhere');
    await expect(exported(path.join(nowhere, 'c.safetensors'))).rejects.toMatchObject({
      code: 'not-found',
      message: `${nowhere}: expected a folder for c.safetensors, found nothing`,
    });
    const taken = path.join(folder, 'taken');
    await mkdir(taken);
    await expect(exported(taken)).rejects.toMatchObject({
      code: 'invalid',
      message: `${taken}: expected a file, or nothing yet, found a folder`,
    });
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('is exported with its tensors and what it was made of', async () => {
    const out = path.join(folder, 'exported.safetensors');
    await exportCheckpoint(checkpoint, { to: 'safetensors', out });
    const exported = readSafetensors(await readFile(out));
    expect(exported.metadata).toEqual(metadata);
    expect(exported.tensors).toEqual(tensors);
    const model = path.join(folder, 'exported.onnx');
    await exportCheckpoint(checkpoint, { to: 'onnx', out: model });
    expect((await readFile(model)).length).toBeGreaterThan(400_000);
  });
});
