import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors, type Tensor } from '@palimpsest/formats';
import { buildNetwork } from '@palimpsest/networks';
import { expect, it } from 'vitest';
import { aContext } from './context.fixture.js';
import { aFolder } from './dataset.fixture.js';
import { importWeights } from './import.task.js';

const architecture = 'resnet-mini';
const { weights } = buildNetwork(architecture, { imageSize: 64, classes: 3, dropout: 0.5 });
const base = weights.filter(({ part }) => part === 'base');
const first = base[0]!;

/** All tensors of the base, and no head. */
function theTensors(): Map<string, Tensor> {
  return new Map(
    base.map(({ name, shape }) => [
      name,
      { shape: [...shape], data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5) },
    ]),
  );
}

async function importing(bytes: Uint8Array | string, more: { acceptDifferences?: true } = {}) {
  const context = aContext();
  const path = join(await aFolder({ 'w.safetensors': bytes }), 'w.safetensors');
  return { path, context, output: importWeights.run({ path, architecture, look: 0, ...more }, context) };
}

/** The base under the names of torchvision, without biases; all numbers of a tensor are the same. */
function torchTensors(): Map<string, Tensor> {
  const variables: Record<string, string> = {
    ...{ kernel: 'weight', gamma: 'weight', beta: 'bias' },
    ...{ moving_mean: 'running_mean', moving_variance: 'running_var' },
  };
  const renamed = [...theTensors()].filter(([name]) => !name.endsWith('_conv/bias'));
  return new Map(
    renamed.map(([name, { shape, data }]): [string, Tensor] => {
      const [layer = '', variable = ''] = name.split('/');
      const [, stage, block, part, kind = ''] = /^conv(\d)(?:_block(\d)_(\d))?_(conv|bn)$/.exec(layer) ?? [];
      const inner = part === '0' ? `downsample.${kind === 'conv' ? 0 : 1}` : `${kind}${part ?? 1}`;
      const place = block === undefined ? '' : `layer${Number(stage) - 1}.${Number(block) - 1}.`;
      const turned = variable === 'kernel' ? [shape[3]!, shape[2]!, shape[0]!, shape[1]!] : shape;
      return [`${place}${inner}.${variables[variable] ?? ''}`, { shape: turned, data }];
    }),
  );
}

it('keeps the bytes of a file that holds the base of the network', async () => {
  const bytes = writeSafetensors(
    theTensors().set('optimizer/step', { shape: [1], data: Float32Array.of(7) }),
  );
  const { context, output } = await importing(bytes);
  const { weights: ref, tensors } = await output;
  expect(tensors).toBe(base.length);
  expect(Buffer.compare(await context.store.get(ref), bytes)).toBe(0);
});

it('names the file that lacks a tensor of the network, and the tensor', async () => {
  const tensors = theTensors();
  tensors.delete(first.name);
  const { path, output } = await importing(writeSafetensors(tensors));
  const fault = `${first.name} (expected [${first.shape.join(', ')}], found nothing)`;
  await expect(output).rejects.toMatchObject({
    code: 'invalid',
    message: `${path}: expected the tensors of resnet-mini, found 1 of ${base.length} at fault: ${fault}`,
  });
});

it('names a variance that is negative', async () => {
  const tensors = theTensors();
  tensors.get('conv1_bn/moving_variance')!.data[2] = -0.25;
  const { path, output } = await importing(writeSafetensors(tensors));
  await expect(output).rejects.toMatchObject({
    code: 'invalid',
    message: `${path}: conv1_bn/moving_variance: expected no negative variance, found -0.25`,
  });
});

it('says what is wrong with a file that is cut off, is something else, or is not there', async () => {
  const bytes = writeSafetensors(theTensors());
  const cut = await importing(bytes.subarray(0, bytes.length - 100));
  await expect(cut.output).rejects.toThrow(
    /w\.safetensors: safetensors: truncated: ".+" needs data up to byte/,
  );
  const other = await importing('PK\x03\x04 a file of another kind');
  await expect(other.output).rejects.toMatchObject({ code: 'invalid' });
  const run = importWeights.run({ path: `${cut.path}.gone`, architecture, look: 0 }, cut.context);
  await expect(run).rejects.toMatchObject({
    code: 'not-found',
    message: `${cut.path}.gone: expected a file of weights, found nothing`,
  });
});

it('refuses weights of a network that computes something else, unless that is accepted', async () => {
  const bytes = writeSafetensors(torchTensors());
  const { path, output } = await importing(bytes);
  await expect(output).rejects.toMatchObject({ code: 'invalid' });
  await expect(output).rejects.toThrow(/3 × 3 convolution.*acceptDifferences: true/s);
  const accepted = await importing(bytes, { acceptDifferences: true });
  const { weights: ref, tensors } = await accepted.output;
  expect(tensors).toBe(base.length);
  const stored = readSafetensors(await accepted.context.store.get(ref));
  expect([...stored.tensors.keys()].sort()).toEqual(base.map(({ name }) => name).sort());
  expect(stored.tensors.get('conv1_conv/bias')?.data.every((value) => value === 0)).toBe(true);
  expect(stored.tensors.get('conv1_conv/kernel')?.shape).toEqual([3, 3, 3, 16]);
  expect(stored.metadata).toEqual({
    ...{ architecture, format: 'safetensors', naming: 'PyTorch' },
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  expect(path).toMatch(/w\.safetensors$/);
});

it('reads a model of several files, and names the one that is missing', async () => {
  const tensors = [...theTensors()];
  const shard = new Uint8Array(
    await new Blob(tensors.map(([, { data }]) => new Uint8Array(data.buffer))).arrayBuffer(),
  );
  const weightsManifest = [
    {
      paths: ['shard.bin'],
      weights: tensors.map(([name, { shape }]) => ({ name, shape, dtype: 'float32' })),
    },
  ];
  const model = JSON.stringify({ format: 'layers-model', weightsManifest });
  const context = aContext();
  const whole = await aFolder({ 'model.json': model, 'shard.bin': shard });
  const run = (folder: string) =>
    importWeights.run({ path: join(folder, 'model.json'), architecture, look: 0 }, context);
  const { weights: ref } = await run(whole);
  expect(readSafetensors(await context.store.get(ref)).tensors).toEqual(theTensors());
  const alone = await aFolder({ 'model.json': model });
  await expect(run(alone)).rejects.toMatchObject({
    code: 'not-found',
    message: `${join(alone, 'shard.bin')}: expected a shard of the model, found nothing`,
  });
});
