import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import {
  architectures,
  messageOf,
  PlatformError,
  preprocessings,
  type Preprocessing,
} from '@palimpsest/contracts';
import { readSafetensors } from '@palimpsest/formats';
import { expecting } from '@palimpsest/ingestion';
import { buildNetwork, type Network, type Weights } from '@palimpsest/networks';
import { createStore, loadConfig } from '@palimpsest/platform';
import { z } from 'zod';
import { kindOfFile } from './kind-of-file.js';

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
  classes: z.string().transform(listOf).pipe(z.array(z.string()).min(2)),
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
    const faults = [...new Set(facts.error.issues.map(({ path: [key] }) => String(key)))];
    const found = faults.map((key) => (key in metadata ? `${key} "${metadata[key]}"` : `no ${key}`));
    throw noCheckpoint(place, `a safetensors file with ${found.join(', ')} in its metadata`);
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
  if (existsSync(place)) return expecting('a checkpoint', place, readFile(place));
  const bytes = isAbsolute(place) ? undefined : await createStore(loadConfig()).readRecord(place);
  if (bytes) return bytes;
  throw new PlatformError('not-found', `${place}: expected a file, or a key of the store, found neither`);
}

function decoded(bytes: Uint8Array, place: string) {
  try {
    return readSafetensors(bytes);
  } catch (cause) {
    const found = kindOfFile(bytes) ?? `a safetensors file that cannot be read (${messageOf(cause)})`;
    throw noCheckpoint(place, found, cause);
  }
}

function noCheckpoint(place: string, found: string, cause?: unknown): PlatformError {
  const message = `${place}: expected a checkpoint of palimpsest, found ${found}`;
  return new PlatformError('invalid', message, { cause });
}

/** @returns the text itself where it is no JSON */
function listOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
