import { join } from 'node:path';
import { writeSafetensors, type Tensor } from '@palimpsest/formats';
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

async function importing(bytes: Uint8Array | string) {
  const context = aContext();
  const path = join(await aFolder({ 'w.safetensors': bytes }), 'w.safetensors');
  return { path, context, output: importWeights.run({ path, architecture, look: 0 }, context) };
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
  await expect(output).rejects.toThrow(
    new RangeError(
      `${path}: expected the tensors of resnet-mini, found 1 of ${base.length} at fault: ${fault}`,
    ),
  );
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
    message: `${cut.path}.gone: expected a safetensors file, found nothing`,
  });
});
