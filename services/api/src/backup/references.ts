import { artifactRefSchema, treeRefSchema, type ArtifactRef, type TreeRef } from '@palimpsest/contracts';
import { z } from 'zod';

const refSchema = z.union([artifactRefSchema, treeRefSchema]);

/** Everything in the store that a value of JSON refers to, at any depth. */
export function* referencesIn(value: unknown): Iterable<ArtifactRef | TreeRef> {
  if (typeof value !== 'object' || value === null) return;
  const ref = 'key' in value || 'prefix' in value ? refSchema.safeParse(value).data : undefined;
  if (ref) yield ref;
  else for (const part of Object.values(value)) yield* referencesIn(part);
}
