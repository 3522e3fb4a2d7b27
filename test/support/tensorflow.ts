import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where tests look for what `palimpsest setup tensorflow` made. */
export const tensorflowHome =
  process.env['PALIMPSEST_TENSORFLOW'] ?? path.join(homedir(), '.cache/palimpsest-tensorflow');

/** Why there is no TensorFlow for tests, in words; undefined when there is. */
export const noTensorflow = existsSync(path.join(tensorflowHome, 'cpu'))
  ? undefined
  : 'no TensorFlow; see CONTRIBUTING.md';
