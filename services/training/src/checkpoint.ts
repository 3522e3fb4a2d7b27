import type { TaskInput } from '@palimpsest/contracts';
import { writeSafetensors } from '@palimpsest/formats';
import { namedTensors, type Network, type Weights } from '@palimpsest/networks';

/** What a checkpoint came from. */
export interface Provenance {
  taskId: string;
  input: TaskInput<'train'>;
  /** What computed, with its version. */
  engine: string;
  classes: string[];
  /** The epoch whose weights these are. */
  epoch: number;
  /** How often memory ran out, and the batch was halved. */
  halvings: number;
}

/**
 * Weights as safetensors, with all that they depend on in the metadata: settings and seeds as they were asked for,
 * data and starting weights by their hash. Nothing of place or time, so the same training gives the same bytes.
 */
export function encodeCheckpoint(network: Network, weights: Weights, provenance: Provenance): Uint8Array {
  return writeSafetensors(namedTensors(network, weights), metadataOf(provenance));
}

function metadataOf({ taskId, input, engine, classes, epoch, halvings }: Provenance): Record<string, string> {
  const { manifest, pixels, start, architecture, preprocessing, imageSize, strategy, fold, ...settings } =
    input;
  // What is only looked at changes no weight.
  delete settings.drift;
  return {
    task: taskId,
    engine,
    architecture,
    preprocessing,
    strategy,
    imageSize: String(imageSize),
    fold: String(fold),
    epoch: String(epoch),
    classes: JSON.stringify(classes),
    start: 'random' in start ? `random ${start.random}` : `weights ${start.weights.sha256}`,
    manifest: manifest.sha256,
    pixels: pixels.listing.sha256,
    settings: JSON.stringify(settings),
    ...(halvings > 0 && { halvings: String(halvings) }),
  };
}
