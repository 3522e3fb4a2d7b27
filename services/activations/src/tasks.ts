import type { AnyTaskDefinition } from '@palimpsest/platform';
import { extract } from './extract.task.js';

/** The tasks of this service. */
export const definitions: AnyTaskDefinition[] = [
  { kind: 'extract', runs: 'here', module: import.meta.url, run: extract },
];
