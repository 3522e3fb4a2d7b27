import type { AnyTaskDefinition } from '@palimpsest/platform';
import { train } from './train.task.js';

/** The tasks of this service. */
export const definitions: AnyTaskDefinition[] = [
  { kind: 'train', runs: 'as-job', module: import.meta.url, run: train },
];
