import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PlatformError, type Architecture } from '@palimpsest/contracts';
import { readWeights, weightFormats, type WeightFile, type WeightFormat } from '@palimpsest/formats';
import { prototypeNetwork, readBase, type BaseFromFile, type Network } from '@palimpsest/networks';
import { expecting } from './layouts/folder.js';

/** A file of weights with its bytes. */
export interface OpenedWeights extends WeightFile {
  bytes: Uint8Array;
}

/** The base of a network out of a file of weights. */
export interface ImportedBase extends BaseFromFile {
  network: Network;
  format: WeightFormat;
}

/**
 * Reads a file of weights of any known form, and for `model.json` of TensorFlow.js the shards beside it.
 *
 * @throws PlatformError `invalid` naming the file, and the tensor where it is one that is at fault; or as the file
 *   system has it
 */
export async function openWeights(path: string): Promise<OpenedWeights> {
  const bytes = await expecting('a file of weights', path, readFile(path));
  const beside = (name: string) => {
    const shard = join(dirname(path), name);
    return expecting('a shard of the model', shard, readFile(shard));
  };
  return { bytes, ...(await naming(path, () => readWeights(bytes, beside))) };
}

/**
 * The weights of a network's base in an opened file.
 *
 * @throws PlatformError `invalid` when tensors are missing, misshapen or not finite, or a variance is negative, each named
 */
export async function baseOf(
  path: string,
  { tensors, format }: WeightFile,
  architecture: Architecture,
): Promise<ImportedBase> {
  const network = prototypeNetwork(architecture);
  const base = await naming(undefined, () => readBase(network, tensors, path));
  for (const [name, data] of base.weights) {
    const fault = negativeVariance(name, data);
    if (fault !== undefined) throw new PlatformError('invalid', `${path}: ${name}: ${fault}`);
  }
  return { ...base, network, format };
}

const variance = /(^|[/.])(moving_variance|running_var)$/;

/** What is wrong with a tensor that is a variance by its name in Keras or PyTorch; undefined where nothing is. */
export function negativeVariance(name: string, data: Float32Array): string | undefined {
  const negative = variance.test(name) ? data.find((value) => value < 0) : undefined;
  return negative === undefined ? undefined : `expected no negative variance, found ${negative}`;
}

/**
 * @throws PlatformError `invalid` when the weights are of a network that computes something else, unless that is
 *   accepted
 */
export function requireSameNetwork(
  path: string,
  { differences, format }: ImportedBase,
  accepted: boolean,
): void {
  const faults = differences.filter(({ matters }) => matters).map(({ text }) => text);
  if (faults.length === 0 || accepted) return;
  throw new PlatformError(
    'invalid',
    `${path}: expected weights of the same network, found a ${weightFormats[format]} of another. ${faults.join(' ')} ` +
      'A source with `acceptDifferences: true` starts from them all the same.',
  );
}

/** Runs what reads a file; what is wrong with it names the file. */
async function naming<T>(path: string | undefined, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    const message = path === undefined ? cause.message : `${path}: ${cause.message}`;
    throw new PlatformError('invalid', message, { cause });
  }
}
