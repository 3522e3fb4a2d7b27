import { isAbsolute } from 'node:path';
import { studySchema, type Study } from '@palimpsest/contracts';
import { checkStudy } from './check-study.js';
import { fillStudy, type Surroundings } from './fill.js';
import { problemsError, type Problem } from './problem.js';
import { registeredProblems } from './registered-weights.js';
import { schemaProblems } from './schema-problems.js';
import { YamlText } from './yaml-text.js';

/**
 * A study from its file: what the file says, the rest as the preset of `protocol` has it, paths made absolute.
 *
 * @param options.file how messages call the file
 * @param options.baseDir the absolute folder to which paths in it are relative; without it they must be absolute
 * @param options.weights what its sources may ask for by name
 * @throws PlatformError `invalid`, a line for every problem: file, line, field, what was expected and found
 */
export function parseStudyFile(text: string, options: { file: string } & Surroundings): Study {
  const yaml = new YamlText(text, options.file);
  const place = (path: PropertyKey[]) => yaml.place(path);
  const filled = fillStudy(yaml.value, options);
  const problems = registeredProblems(yaml.value, filled, options.weights ?? []);
  if (problems.length > 0) throw problemsError(problems, place);
  return accept(filled, place);
}

/**
 * A study that was given whole.
 *
 * @throws PlatformError `invalid`, a line for every problem; relative paths are one, as nobody can know to what
 */
export function parseStudySpec(spec: unknown): Study {
  return accept(spec, () => 'study');
}

function accept(value: unknown, place: (path: PropertyKey[]) => string): Study {
  const problems = schemaProblems(value);
  if (problems.length > 0) throw problemsError(problems, place);
  const study = studySchema.parse(value);
  const contradictions = [...checkStudy(study), ...relativePaths(study)];
  if (contradictions.length > 0) throw problemsError(contradictions, place);
  return study;
}

function relativePaths({ datasets, targets, sources }: Study): Problem[] {
  const paths: [PropertyKey[], string][] = [
    ...Object.entries(datasets).map(([name, { path }]): [string[], string] => [
      ['datasets', name, 'path'],
      path,
    ]),
    ...Object.entries(targets).map(([name, { path }]): [string[], string] => [
      ['targets', name, 'path'],
      path,
    ]),
    ...Object.entries(sources).flatMap(([name, source]): [string[], string][] =>
      'weights' in source ? [[['sources', name, 'weights'], source.weights]] : [],
    ),
  ];
  return paths
    .filter(([, path]) => !isAbsolute(path))
    .map(([path, found]) => ({ path, message: `expected an absolute path, found "${found}"` }));
}
