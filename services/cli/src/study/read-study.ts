import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseStudyFile, type RegisteredWeights } from '@palimpsest/api';
import { messageOf, PlatformError, type Study } from '@palimpsest/contracts';

/** A study file as an api takes it on. */
export interface Submission {
  yaml: string;
  file: string;
  /** What paths in it are relative to. */
  baseDir: string;
  /** Those that its sources name; left out where there are none. */
  weights?: RegisteredWeights[];
}

/**
 * Reads a study file.
 *
 * @param weights what its sources may name
 * @throws PlatformError `not-found` when there is no such file, `invalid` with a line for every problem in it
 */
export async function readStudy(
  file: string,
  weights: readonly RegisteredWeights[],
): Promise<Submission & { study: Study }> {
  const submission = { yaml: await textOf(file), file, baseDir: dirname(resolve(file)) };
  const study = parseStudyFile(submission.yaml, { ...submission, weights });
  const named = Object.values(study.sources).map((source) => 'registered' in source && source.registered);
  const used = weights.filter(({ name }) => named.includes(name));
  return { study, ...submission, ...(used.length > 0 && { weights: used }) };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new PlatformError('not-found', `study file ${file}: ${messageOf(cause)}`, { cause });
  }
}
