import type { TaskInput } from '@palimpsest/contracts';
import { writeSafetensors } from '@palimpsest/formats';
import type { Weights } from './state.js';

export interface Provenance {
  taskId: string;
  /** What did the arithmetic, with its version. */
  engine: string;
  classes: string[];
  /** The epoch whose weights these are. */
  epoch: number;
  input: TaskInput<'train'>;
}

/**
 * Weights as safetensors, with all that they depend on in the metadata: settings and seeds as they were asked for,
 * data and starting weights by their hash. Nothing of the place or the time, so the same training gives the same bytes.
 */
export function encodeCheckpoint(
  weights: Weights,
  { taskId, engine, classes, epoch, input }: Provenance,
): Uint8Array {
  const { manifest, pixels, start, architecture, preprocessing, imageSize, strategy, fold, ...settings } =
    input;
  return writeSafetensors(weights, {
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
  });
}
