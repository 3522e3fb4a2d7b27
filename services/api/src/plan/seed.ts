import { createHash } from 'node:crypto';

/**
 * A seed below 2³² from what it is for and the study's own seed: `deriveSeed('head', 1, fold)`.
 * Other parts give an unrelated seed, so no two draws of a study share a stream by accident.
 */
export function deriveSeed(...parts: readonly (string | number)[]): number {
  return createHash('sha256').update(JSON.stringify(parts)).digest().readUInt32BE();
}
