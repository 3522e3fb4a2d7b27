import type { AnyTaskDefinition } from '@palimpsest/platform';
import { report } from './report.task.js';

/** What this service can do. */
export const definitions: AnyTaskDefinition[] = [report];
