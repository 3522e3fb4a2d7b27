import type { AnyTaskDefinition } from '@palimpsest/platform';
import { allowedHalvings } from './out-of-memory.js';
import { train } from './train.task.js';

/** The tasks of this service. */
export const definitions: AnyTaskDefinition[] = [
  { kind: 'train', runs: 'as-job', module: import.meta.url, run: train, halvings: allowedHalvings },
];
