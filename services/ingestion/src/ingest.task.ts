import { tasks, type TaskInput, type TaskOutput, type TreeRef } from '@palimpsest/contracts';
import { encodePixels } from '@palimpsest/formats';
import type { Store, TaskContext, TaskDefinition } from '@palimpsest/platform';
import { assignFolds } from './assign-folds.js';
import { decodeBlocks } from './decode-blocks.js';
import { freeze, type Measured } from './freeze.js';
import { ImageFiles, sha256Of, type FileStamp } from './image-files.js';
import { mapConcurrently } from './map-concurrently.js';
import { Problems } from './problems.js';
import { readDataset, type LabelledDataset } from './read-dataset.js';

type Input = TaskInput<'ingest'>;
type Output = TaskOutput<'ingest'>;

/** Files asked for at a time while nothing is decoded. */
const filesAtOnce = 16;

/**
 * `ingest`: the files of a dataset to a manifest with frozen folds, and decoded pixels.
 * When neither the files (by size and time of change) nor the settings have changed since an earlier look, the
 * earlier result is the result. A file that is no whole image fails the task: nothing is left out in silence.
 */
export const ingest: TaskDefinition<'ingest'> = {
  kind: 'ingest',
  runs: 'here',
  module: new URL('./tasks.js', import.meta.url).href,
  async run(input, context) {
    const dataset = await readDataset(input.dataset);
    const files = new ImageFiles(dataset.root);
    const stamps = await lookAt(input, dataset, context, (path) => files.stamp(path));
    const record = `ingest/${fingerprint(input, dataset, stamps)}.json`;
    const earlier = await recall(context.store, record);
    if (earlier) return earlier;
    const output = await read(input, dataset, context);
    await context.store.writeRecord(record, new TextEncoder().encode(JSON.stringify(output)));
    return output;
  },
};

/** Asks something of every image's file, and names all those that fail to answer. */
async function lookAt<T>(
  { dataset: { path } }: Input,
  { images }: LabelledDataset,
  { signal }: TaskContext,
  ask: (path: string) => Promise<T>,
): Promise<T[]> {
  const problems = new Problems();
  const answers = await mapConcurrently(images, filesAtOnce, (image) => {
    signal.throwIfAborted();
    return problems.attempt(() => ask(image.path));
  });
  problems.throwIfAny(path, images.length);
  return answers.filter((answer) => answer !== undefined);
}

function fingerprint(
  { dataset: options, holdout }: Input,
  dataset: LabelledDataset,
  stamps: FileStamp[],
): string {
  return sha256Of(JSON.stringify([tasks.ingest.version, options, holdout, dataset, stamps]));
}

/** The earlier result, if all that it refers to is still in the store. */
async function recall(store: Store, record: string): Promise<Output | undefined> {
  const bytes = await store.readRecord(record);
  if (!bytes) return undefined;
  const output = tasks.ingest.output.parse(JSON.parse(new TextDecoder().decode(bytes)));
  const whole = (await store.has(output.manifest)) && (await store.has(output.pixels));
  return whole ? output : undefined;
}

async function read(input: Input, dataset: LabelledDataset, context: TaskContext): Promise<Output> {
  const { dataset: options, holdout } = input;
  const assignment = assignFolds(dataset.images, { ...options.split, holdout });
  const files = new ImageFiles(dataset.root);
  const sha256 = await lookAt(input, dataset, context, (path) => files.sha256(path));
  const { pixels, sizes } = await writePixels(input, dataset, sha256, context);
  const manifest = freeze(input, dataset, assignment, { sha256, sizes });
  return {
    manifest: await context.store.putJson('manifests', manifest),
    pixels,
    images: manifest.images.length,
    classes: manifest.classes,
    patients: manifest.audit.patients,
  };
}

/** The same images at the same size have the same place in the store, whatever their labels and folds. */
async function writePixels(
  { dataset: { path, imageSize } }: Input,
  { root, images }: LabelledDataset,
  sha256: readonly string[],
  context: TaskContext,
): Promise<{ pixels: TreeRef; sizes: Measured['sizes'] }> {
  const problems = new Problems();
  const hashed = images.map((image, i) => ({ path: image.path, sha256: sha256[i] as string }));
  const sizes: { width: number; height: number }[] = [];

  async function* blocks() {
    const options = { files: new ImageFiles(root), imageSize, problems, context };
    for await (const block of decodeBlocks(hashed, options)) {
      sizes.push(...block.map(({ width, height }) => ({ width, height })));
      yield Buffer.concat(block.map(({ pixels }) => pixels));
    }
    problems.throwIfAny(path, images.length);
  }

  const prefix = `pixels/${sha256Of(JSON.stringify([tasks.ingest.version, imageSize, sha256]))}`;
  const encoded = encodePixels({ images: images.length, imageSize }, blocks());
  return { pixels: await context.store.putTree(prefix, encoded), sizes };
}
