import { rename, writeFile } from 'node:fs/promises';
import { writeSafetensors } from '@palimpsest/formats';
import { writeOnnx } from '@palimpsest/networks';
import { note } from '../streams.js';
import { readCheckpoint, type Checkpoint } from './read-checkpoint.js';

const formats = {
  onnx: ({ network, weights, metadata }: Checkpoint) => writeOnnx(network, weights, metadata),
  safetensors: ({ network, weights, metadata }: Checkpoint) =>
    writeSafetensors(
      new Map(
        network.weights.map(({ name, shape }) => [
          name,
          { shape: [...shape], data: weights.get(name) ?? new Float32Array() },
        ]),
      ),
      metadata,
    ),
};

/** Writes a checkpoint in another format, all or nothing. */
export async function exportCheckpoint(
  place: string,
  { to, out }: { to: keyof typeof formats; out: string },
): Promise<void> {
  const bytes = formats[to](await readCheckpoint(place));
  const unfinished = `${out}.${process.pid}.tmp`;
  await writeFile(unfinished, bytes);
  await rename(unfinished, out);
  note(`${out}: ${bytes.length} bytes`);
}
