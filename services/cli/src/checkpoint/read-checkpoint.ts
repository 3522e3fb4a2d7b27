import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { architectures, PlatformError, preprocessings, type Preprocessing } from '@palimpsest/contracts';
import { readSafetensors } from '@palimpsest/formats';
import { buildNetwork, type Network, type Weights } from '@palimpsest/networks';
import { createStore, loadConfig } from '@palimpsest/platform';
import { z } from 'zod';

/** A trained network, and how images become its input. */
export interface Checkpoint {
  network: Network;
  weights: Weights;
  classes: string[];
  preprocessing: Preprocessing;
  imageSize: number;
  /** As the file has it. */
  metadata: Record<string, string>;
}

const metadataSchema = z.object({
  architecture: z.enum(architectures),
  preprocessing: z.enum(preprocessings),
  imageSize: z.coerce.number().int().positive(),
  classes: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.array(z.string()).min(2)),
});

/**
 * Reads what a training wrote.
 *
 * @param place a file, or the key of an artifact in the store that STORE_URL names
 * @throws PlatformError `not-found` when there is neither, `invalid` when it is no checkpoint of this program
 */
export async function readCheckpoint(place: string): Promise<Checkpoint> {
  const { tensors, metadata } = decoded(await bytesOf(place), place);
  const facts = metadataSchema.safeParse(metadata);
  if (!facts.success) {
    const message = `${place}: expected a checkpoint of this program: ${z.prettifyError(facts.error)}`;
    throw new PlatformError('invalid', message);
  }
  const { architecture, preprocessing, imageSize, classes } = facts.data;
  const network = buildNetwork(architecture, { imageSize, classes: classes.length, dropout: 0 });
  for (const { name, shape } of network.weights) {
    const [expected, found] = [shape.join(' × '), tensors.get(name)?.shape.join(' × ') ?? 'none'];
    if (expected !== found)
      throw new PlatformError('invalid', `${place}: tensor ${name}: expected ${expected}, found ${found}`);
  }
  const weights = new Map([...tensors].map(([name, { data }]) => [name, data]));
  return { network, weights, classes, preprocessing, imageSize, metadata };
}

async function bytesOf(place: string): Promise<Uint8Array> {
  if (existsSync(place)) return readFile(place);
  const bytes = isAbsolute(place) ? undefined : await createStore(loadConfig()).readRecord(place);
  if (bytes) return bytes;
  throw new PlatformError('not-found', `${place}: expected a file, or a key of the store, found neither`);
}

function decoded(bytes: Uint8Array, place: string) {
  try {
    return readSafetensors(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PlatformError('invalid', `${place}: expected a safetensors file: ${reason}`, { cause });
  }
}
