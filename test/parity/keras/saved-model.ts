import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '@palimpsest/formats';
import type { Network, Weights } from '@palimpsest/networks';

const script = new URL('save-models.py', import.meta.url).pathname;

/** A Python that has Keras on TensorFlow, or why there is none. */
export type Keras = { python: string; version: string } | { missing: string };

/** Looks at `PALIMPSEST_PYTHON`, else at `python3`, without loading TensorFlow. */
export function findKeras(): Keras {
  const python = process.env['PALIMPSEST_PYTHON'] ?? 'python3';
  const code = [
    'from importlib.metadata import version',
    'from importlib.util import find_spec',
    'assert find_spec("tensorflow"), "no tensorflow"',
    'print(version("keras"))',
  ].join('; ');
  try {
    const version = execFileSync(python, ['-c', code], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (version.startsWith('3.')) return { python, version: version.trim() };
    return { missing: `${python} has Keras ${version.trim()}, not 3` };
  } catch {
    return { missing: `${python} has no Keras on TensorFlow; PALIMPSEST_PYTHON names another` };
  }
}

/** Has Keras write a model of random weights, with what it computes, into a folder. */
export function saveModel(python: string, network: Network, folder: string): void {
  execFileSync(python, [script, 'model', network.name, folder, ...network.stages], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** What Keras computed of a model: the files that the script writes, by what it calls them. */
export class SavedModel {
  constructor(private readonly folder: string) {}

  read(file: 'inference' | 'weights' | 'step' | 'trained'): Weights {
    const { tensors } = readSafetensors(readFileSync(join(this.folder, `${file}.safetensors`)));
    return new Map([...tensors].map(([name, { data }]) => [name, data]));
  }
}
