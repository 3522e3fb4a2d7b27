import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { writeKerasHdf5, writeSafetensors } from '@palimpsest/formats';
import { expecting } from '@palimpsest/ingestion';
import { kerasLayerOrder, namedTensors, writeOnnx } from '@palimpsest/networks';
import { note } from '../streams.js';
import { readCheckpoint, type Checkpoint } from './read-checkpoint.js';

const formats = {
  onnx: ({ network, weights, metadata }: Checkpoint) => writeOnnx(network, weights, metadata),
  keras: (checkpoint: Checkpoint) => writeKerasHdf5(kerasLayers(checkpoint)),
  safetensors: ({ network, weights, metadata }: Checkpoint) =>
    writeSafetensors(namedTensors(network, weights), metadata),
};

/** Layers that have weights, in the order of a functional model. */
function kerasLayers({ network, weights }: Checkpoint) {
  const tensors = [...namedTensors(network, weights)];
  const layers = kerasLayerOrder(network).map(({ name }) => ({
    name,
    variables: tensors.flatMap(([key, tensor]) =>
      key.startsWith(`${name}/`) ? [[key.slice(name.length + 1), tensor] as const] : [],
    ),
  }));
  return layers.filter(({ variables }) => variables.length > 0);
}

/**
 * Writes a checkpoint in another format, all or nothing.
 *
 * @throws PlatformError as `readCheckpoint` does; when the file cannot be written
 */
export async function exportCheckpoint(
  place: string,
  { to, out }: { to: keyof typeof formats; out: string },
): Promise<void> {
  const bytes = await formats[to](await readCheckpoint(place));
  const unfinished = `${out}.${process.pid}.tmp`;
  try {
    await expecting(`a folder for ${basename(out)}`, dirname(out), writeFile(unfinished, bytes));
    await expecting('a file, or nothing yet', out, rename(unfinished, out));
  } finally {
    await rm(unfinished, { force: true });
  }
  note(`${out}: ${bytes.length} bytes`);
}
