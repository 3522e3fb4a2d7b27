import {
  curvesSchema,
  messageOf,
  predictionsSchema,
  type TaskInput,
  type TaskOutput,
} from '@palimpsest/contracts';
import { readSafetensors, writeSafetensors } from '@palimpsest/formats';
import { buildNetwork, initialWeights } from '@palimpsest/networks';
import { openStore, runTask, taskId, type Store } from '@palimpsest/platform/work';
import { beforeAll, describe, expect, it } from 'vitest';
import { aDataset, all, anInput, head, imageSize } from './stripes.fixture.js';
import { definitions } from './tasks.js';

type TrainInput = TaskInput<'train'>;
type TrainOutput = TaskOutput<'train'>;

interface Conditions {
  threads?: number;
  /** Cut off after so many epochs. */
  epochs?: number;
}

async function run(
  store: Store,
  input: TrainInput,
  { threads = 1, epochs }: Conditions = {},
): Promise<TrainOutput> {
  const cut = new AbortController();
  const started: string[] = [];
  const order = { taskId: taskId('train', input), kind: 'train', input } as const;
  const progress = ({ message = '' }) => {
    const epoch = message.slice(0, message.indexOf(' of'));
    if (started.at(-1) !== epoch) started.push(epoch);
    if (epochs !== undefined && started.length > epochs) cut.abort(new Error('cut off'));
  };
  const surroundings = { store, threads, signal: cut.signal, progress };
  return (await runTask(definitions[0]!, order, surroundings)).output as TrainOutput;
}

async function tensorsOf(store: Store, { checkpoint }: TrainOutput) {
  return readSafetensors(await store.get(checkpoint));
}

describe('training', () => {
  let store: Store;
  let input: TrainInput;
  let output: TrainOutput;

  beforeAll(async () => {
    store = openStore('memory:');
    input = anInput(await aDataset(store));
    output = await run(store, input);
  });

  it('puts out a checkpoint with every tensor and all that it depends on', async () => {
    const { tensors, metadata } = await tensorsOf(store, output);
    const network = buildNetwork('resnet-mini', { imageSize, classes: 2, dropout: 0.5 });
    const shapes = [...tensors].map(([name, { shape }]) => [name, shape]);
    expect(shapes.sort()).toEqual(network.weights.map(({ name, shape }) => [name, shape]).sort());
    const { best } = await store.getJson(output.curves, curvesSchema);
    expect(metadata).toMatchObject({
      task: taskId('train', input),
      engine: expect.stringMatching(/^onnx \(onnxruntime-\S+ \d/) as string,
      architecture: 'resnet-mini',
      preprocessing: 'caffe',
      strategy: 'finetune',
      fold: '1',
      epoch: String(best),
      classes: '["across","down"]',
      start: 'random 5',
      manifest: input.manifest.sha256,
      pixels: input.pixels.listing.sha256,
    });
    expect(JSON.parse(metadata['settings']!)).toMatchObject({
      seeds: { head: 6, training: 7 },
      stages: [all],
    });
  });

  it('judges the images of the fold that are for it, and no others', async () => {
    const { classes, images } = await store.getJson(output.predictions, predictionsSchema);
    expect(classes).toEqual(['across', 'down']);
    expect(images.map(({ image }) => image)).toEqual([12, 13, 18, 19, 24, 25]);
    expect(images.map((image) => image.class)).toEqual([0, 1, 0, 1, 0, 1]);
    for (const { probabilities } of images) expect(probabilities[0]! + probabilities[1]!).toBeCloseTo(1, 6);
  });

  it('records every epoch', async () => {
    const { epochs } = await store.getJson(output.curves, curvesSchema);
    expect(output.epochs).toBe(2);
    expect(epochs.map(({ epoch, stage, learningRate }) => [epoch, stage, learningRate])).toEqual([
      [1, 'all', 3e-3],
      [2, 'all', 3e-3],
    ]);
    const { stages } = buildNetwork('resnet-mini', { imageSize, classes: 2, dropout: 0.5 });
    for (const { validationAuc, validationAucInterval, gradientNorms } of epochs) {
      expect(validationAucInterval!.low).toBeLessThanOrEqual(validationAuc!);
      expect(validationAucInterval!.high).toBeGreaterThanOrEqual(validationAuc!);
      expect(Object.keys(gradientNorms).sort()).toEqual([...stages, 'head'].sort());
      for (const norm of Object.values(gradientNorms)) expect(norm).toBeGreaterThan(0);
    }
  });

  it('measures the drift where it is asked to, which changes nothing else', async () => {
    const watched: TrainInput = { ...input, strategy: 'freeze', stages: [head, all] };
    const without = await run(store, watched);
    const cutOff = openStore('memory:');
    await aDataset(cutOff);
    const drifting = { ...watched, drift: 16 };
    const found = await run(store, drifting);
    await expect(run(cutOff, drifting, { epochs: 2 })).rejects.toThrow('cut off');
    expect(await run(cutOff, drifting)).toEqual(found);
    const curvesOf = async ({ curves }: TrainOutput) => store.getJson(curves, curvesSchema);
    const [{ epochs }, plain] = [await curvesOf(found), await curvesOf(without)];
    expect(epochs.map((each) => ({ ...each, drift: undefined }))).toEqual(plain.epochs);
    expect((await tensorsOf(store, found)).tensors).toEqual((await tensorsOf(store, without)).tensors);
    for (const { stage, drift } of epochs) {
      const similarities = Object.values(drift!);
      expect(similarities).toHaveLength(5);
      // The base does not move while the head is trained.
      if (stage === 'head') for (const value of similarities) expect(value).toBeCloseTo(1, 6);
      else expect(Math.min(...similarities)).toBeLessThan(0.99);
    }
  });

  it.each([1, 2])('gives the same bytes again, with %i threads', async (threads) => {
    const elsewhere = openStore('memory:');
    await aDataset(elsewhere);
    expect(await run(elsewhere, input, { threads })).toEqual(output);
  });

  it('gives other bytes for another seed', async () => {
    const other = await run(store, { ...input, seeds: { head: 6, training: 8 } });
    expect(other.checkpoint.sha256).not.toBe(output.checkpoint.sha256);
  });

  it('trains on some images of each class where it is asked to, and judges the same as ever', async () => {
    const still = { ...input, batchSize: 64, augmentation: null, stages: [{ ...all, maxEpochs: 1 }] };
    const few = await run(store, { ...still, shots: { perClass: 3, seed: 1 } });
    const other = await run(store, { ...still, shots: { perClass: 3, seed: 2 } });
    // Ten of each class is all there are, whatever the seed.
    const every = await run(store, { ...still, shots: { perClass: 10, seed: 1 } });
    const plain = await run(store, still);
    const hashes = [few, other, plain].map(({ curves }) => curves.sha256);
    expect(new Set(hashes).size).toBe(3);
    expect(every.curves.sha256).toBe(plain.curves.sha256);
    const judged = async ({ predictions }: TrainOutput) =>
      (await store.getJson(predictions, predictionsSchema)).images.map(({ image }) => image);
    expect(await judged(few)).toEqual(await judged(plain));
    const { metadata } = await tensorsOf(store, few);
    expect(JSON.parse(metadata['settings']!)).toMatchObject({ shots: { perClass: 3, seed: 1 } });
  });

  it('leaves the base alone in the first stage of freeze, moving statistics too', async () => {
    const random = buildNetwork('resnet-mini', { imageSize, classes: 2, dropout: 0 });
    const frozen = await run(store, { ...input, strategy: 'freeze', stages: [head] });
    const { tensors } = await tensorsOf(store, frozen);
    for (const [name, data] of initialWeights(random, 5)) {
      if (name.startsWith('predictions/')) expect(tensors.get(name)!.data).not.toEqual(data);
      else expect(Buffer.compare(bytesOf(tensors.get(name)!.data), bytesOf(data)), name).toBe(0);
    }
    const both = await run(store, { ...input, strategy: 'freeze', stages: [head, all] });
    const { epochs } = await store.getJson(both.curves, curvesSchema);
    expect(epochs.map(({ stage }) => stage)).toEqual(['head', 'head', 'all', 'all']);
    const { tensors: thawed } = await tensorsOf(store, both);
    expect(thawed.get('conv1_bn/moving_mean')!.data).not.toEqual(tensors.get('conv1_bn/moving_mean')!.data);
  });

  it('ends with the same bytes wherever it is cut off and goes on', async () => {
    const freeze: TrainInput = { ...input, strategy: 'freeze', stages: [head, all] };
    const whole = await run(store, freeze);
    const cutOff = openStore('memory:');
    await aDataset(cutOff);
    // In the first stage, then once more in the second.
    for (const epochs of [1, 2]) {
      await expect(run(cutOff, freeze, { epochs })).rejects.toThrow('cut off');
      expect(await cutOff.readRecord(`tasks/${taskId('train', freeze)}/state`)).toBeDefined();
    }
    expect(await run(cutOff, freeze)).toEqual(whole);
    expect(await cutOff.readRecord(`tasks/${taskId('train', freeze)}/state`)).toBeUndefined();
  });

  it('leaves a checkpoint of the last good epoch when it diverges, and says where', async () => {
    const stages = [
      { ...head, maxEpochs: 1 },
      { ...all, learningRate: 1e30 },
    ];
    const failed = run(store, { ...input, strategy: 'freeze', stages });
    const message = await failed.then(() => '', messageOf);
    expect(message).toMatch(
      /^loss, stage all \(learning rate 1e\+30\), epoch 2, step \d of \d: .* found NaN/,
    );
    const [, key = ''] = /the weights of epoch 1 are (checkpoints\/\w+\.safetensors)$/.exec(message) ?? [];
    expect(readSafetensors((await store.readRecord(key))!).metadata).toMatchObject({ epoch: '1' });
  });

  it('goes on from the base of stored weights, with a head of its own', async () => {
    const start = { weights: output.checkpoint };
    const still = { ...head, maxEpochs: 1, learningRate: 1e-12 };
    const { tensors } = await tensorsOf(store, await run(store, { ...input, start, stages: [still] }));
    const { tensors: stored } = await tensorsOf(store, output);
    expect(tensors.get('conv1_conv/kernel')).toEqual(stored.get('conv1_conv/kernel'));
    const drawn = initialWeights(buildNetwork('resnet-mini', { imageSize, classes: 2, dropout: 0 }), 6);
    const kernel = tensors.get('predictions/kernel')!.data;
    drawn.get('predictions/kernel')!.forEach((value, i) => expect(kernel[i]).toBeCloseTo(value, 6));
  });

  it('fits a linear head to a start that stays as it is, the same whatever the threads', async () => {
    const start = { weights: output.checkpoint };
    const linear: TrainInput = {
      ...{ ...input, start, strategy: 'probe', stages: [] },
      ...{ dropout: 0, augmentation: null },
    };
    const found = await run(store, linear);
    const [{ tensors, metadata }, before] = [await tensorsOf(store, found), await tensorsOf(store, output)];
    expect(metadata).toMatchObject({ strategy: 'probe', epoch: '1' });
    for (const [name, tensor] of before.tensors)
      if (!name.startsWith('predictions/')) expect(tensors.get(name), name).toEqual(tensor);
    expect(tensors.get('predictions/kernel')!.shape).toEqual(before.tensors.get('predictions/kernel')!.shape);
    const { epochs } = await store.getJson(found.curves, curvesSchema);
    expect(epochs).toMatchObject([{ epoch: 1, stage: 'head', gradientNorms: {} }]);
    // Its logits tell the two kinds of stripes apart better than chance (ln 2) on the images that it was fitted to.
    expect(epochs[0]!.trainLoss).toBeLessThan(0.55);
    expect(found.auc).toBe(1);
    const elsewhere = openStore('memory:');
    await aDataset(elsewhere);
    await elsewhere.put('checkpoints', await store.get(output.checkpoint), '.safetensors');
    expect(await run(elsewhere, linear, { threads: 2 })).toEqual(found);
    expect((await run(store, { ...linear, seeds: { head: 9, training: 7 } })).predictions).toEqual(
      found.predictions,
    );
  });

  it('refuses weights of another shape, by name', async () => {
    const { tensors } = await tensorsOf(store, output);
    tensors.set('conv1_conv/kernel', { shape: [1], data: Float32Array.of(1) });
    const weights = await store.put('weights', writeSafetensors(tensors), '.safetensors');
    await expect(run(store, { ...input, start: { weights } })).rejects.toThrow(
      /resnet-mini, found 1 of \d+ at fault: conv1_conv\/kernel \(expected \[3, 3, 3, 16\], found \[1\]\)/,
    );
  });

  it('ends alike after being cut off, whatever its recipe', async () => {
    const recipe = {
      optimiser: { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 1e-3 },
      schedule: { kind: 'cosine', warmupEpochs: 1 },
      loss: { classWeights: 'balanced', focalGamma: 2 },
      frozenStages: 2,
      accumulate: 2,
    } as const;
    const stages = [{ ...all, ...recipe, maxEpochs: 3, patience: 3 }];
    const other = { ...input, start: { weights: output.checkpoint }, stages };
    const cutOff = openStore('memory:');
    await aDataset(cutOff);
    await cutOff.put('checkpoints', await store.get(output.checkpoint), '.safetensors');
    const whole = await run(store, other);
    await expect(run(cutOff, other, { epochs: 2 })).rejects.toThrow('cut off');
    expect(await run(cutOff, other)).toEqual(whole);
    const [before, after] = [await tensorsOf(store, output), await tensorsOf(store, whole)];
    const moved = (name: string) =>
      after.tensors.get(name)!.data.some((value, i) => value !== before.tensors.get(name)!.data[i]);
    const names = [...after.tensors.keys()];
    expect(names.filter((name) => /^conv[12]_/.test(name) && moved(name))).toEqual([]);
    for (const name of names.filter((each) => each.startsWith('conv3_') && !each.endsWith('bias')))
      expect(moved(name), name).toBe(true);
  });

  it('learns to tell stripes', async () => {
    const stages = [{ ...all, maxEpochs: 8, patience: 8 }];
    const { auc, curves } = await run(store, { ...input, dropout: 0, augmentation: null, stages });
    const { epochs } = await store.getJson(curves, curvesSchema);
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(epochs[0]!.trainLoss / 5);
    expect(auc).toBe(1);
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
