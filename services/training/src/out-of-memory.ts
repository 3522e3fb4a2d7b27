import { totalmem } from 'node:os';
import { messageOf, OutOfMemoryError, PlatformError, type TaskInput } from '@palimpsest/contracts';
import type { Network } from '@palimpsest/networks';

/** What ONNX Runtime, TensorFlow and Node say when they get no memory; oneDNN's status 1 means just that. */
const words =
  /failed to allocate memory|bad_alloc|OOM when allocating|array buffer allocation failed|exception:Status: 1,/i;

/** Whether memory ran out, as far as what was thrown tells. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && (words.test(error.message) || isOutOfMemory(error.cause));
}

/** How a step of the study is trained. */
export interface Batches {
  network: Network;
  /** As the study has it. */
  batchSize: number;
  /** How often memory ran out before, and the batch was halved. */
  halvings: number;
  onOutOfMemory?: 'accumulate' | undefined;
}

/** Images at once after so many halvings, at most; a step gathers 2^halvings times as many batches. */
export function imagesAtOnce({ batchSize, halvings }: Pick<Batches, 'batchSize' | 'halvings'>): number {
  return Math.ceil(batchSize / 2 ** halvings);
}

/** How often a batch can be halved with an image left in every part. */
export function mostHalvings(batchSize: number): number {
  return Math.floor(Math.log2(batchSize));
}

/** How often memory may run out before a training cannot make do with less. */
export const allowedHalvings = ({
  strategy,
  onOutOfMemory,
  batchSize,
}: Pick<TaskInput<'train'>, 'strategy' | 'onOutOfMemory' | 'batchSize'>): number =>
  onOutOfMemory && strategy !== 'probe' ? mostHalvings(batchSize) : 0;

/** What was needed, what there was, and what can be done: an OutOfMemoryError where another attempt does it. */
export function explain(error: unknown, batches: Batches): PlatformError {
  const { network, batchSize, halvings, onOutOfMemory } = batches;
  const images = imagesAtOnce(batches);
  const values = network.layers.reduce((sum, { output: o }) => sum + o.height * o.width * o.channels, 0);
  // A value and its slope, in single precision.
  const needed = `about ${gigabytes(8 * values * images)} for what the layers put out and its slopes alone`;
  const found = `memory ran out with ${images} images at once, which need ${needed}, of ${gigabytes(memoryBytes())} in all`;
  const message = `${found} (${messageOf(error).trim().replace(/\s+/g, ' ')})`;
  const options = { cause: error };
  if (halvings === mostHalvings(batchSize)) return new PlatformError('invalid', message, options);
  if (onOutOfMemory) {
    const next = imagesAtOnce({ batchSize, halvings: halvings + 1 });
    return new OutOfMemoryError(`${message}; the next attempt takes ${next} at once`, options);
  }
  return new PlatformError('invalid', `${message}; ${advice}`, options);
}

const advice =
  'training.lowMemory needs less, and so do smaller batches, which training.onOutOfMemory: accumulate sees to';

/** Of the machine, or of the container where that is less. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toPrecision(2)} GB`;
