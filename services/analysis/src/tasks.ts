import type { AnyTaskDefinition } from '@palimpsest/platform';
import { compare } from './compare.task.js';

/** What this service can do. */
export const definitions: AnyTaskDefinition[] = [compare];
