import type { AnyTaskDefinition } from '@palimpsest/platform';
import { importWeights } from './import.task.js';
import { ingest } from './ingest.task.js';

/** What this service can do. */
export const definitions: AnyTaskDefinition[] = [ingest, importWeights];
