import { counted, listed } from '../numbers.js';
import { groupBy } from '../group-by.js';
import { overallDifferences, sourceDifferences } from '../statistics/auc.js';
import { mainStrategy, seedsOf, type View } from '../view.js';
import type { Finding } from './finding.js';

/** What these results do not allow anyone to conclude, and why. */
export function limitFindings(view: View): Finding[] {
  return [
    ...syntheticLimit(view),
    ...targetLimit(view),
    ...foldLimit(view),
    seedLimit(view),
    ...holdoutLimit(view),
    ...patientLimit(view),
    ...similarityLimits(view),
    ...duplicateLimits(view),
    ...auditLimits(view),
  ];
}

function seedLimit({ study }: View): Finding {
  if (seedsOf(study) === 1)
    return {
      about: 'One run a fold',
      text: 'each network was trained once in each fold: the spread over folds mixes the choice of images with the luck of the training.',
    };
  return {
    about: 'One start a fold',
    text: `each network was trained ${seedsOf(study)} times in each fold, always from the same start, and the AUC of a fold is their mean; learning curves, similarity and agreement are of the first of these trainings alone.`,
  };
}

function syntheticLimit({ study }: View): Finding[] {
  if (!study.synthetic) return [];
  return [
    { about: 'Nothing about medicine', text: 'the images were made by a program and show no patient.' },
  ];
}

function targetLimit(view: View): Finding[] {
  const differences = sourceDifferences(view, mainStrategy(view.study));
  const units = overallDifferences(differences, view.sources).map(({ targets }) => targets);
  const [fewest, most] = [Math.min(...units), Math.max(...units)];
  if ((units.length > 0 ? fewest : view.targets.length) >= 10) return [];
  const rest = fewest < most ? `${fewest} to ${counted(most, 'unit')}` : counted(most, 'unit');
  const over =
    units.length > 0 ? `; statements over targets rest on ${rest}, however many folds there are` : '';
  const text = `${counted(view.targets.length, 'target')} cannot stand for all of medical imaging${over}.`;
  return [{ about: 'Few targets', text }];
}

function foldLimit({ study }: View): Finding[] {
  const fewest = Math.min(...Object.values(study.targets).map(({ split }) => split.folds));
  const text = `${counted(fewest, 'fold')} leave ${counted(fewest - 1, 'degree')} of freedom: an interval that holds 0 means “not seen”, never “equal”. Training sets overlap; the intervals are widened for that (Nadeau and Bengio 2003), which is a correction and no proof.`;
  return [{ about: 'Few folds', text }];
}

function holdoutLimit({ study }: View): Finding[] {
  const nested = study.evaluation.holdout === 'nested';
  return [
    nested
      ? {
          about: 'Smaller judged sets',
          text: 'a quarter of each held-out fold stopped the training and was not judged; the AUC does not profit from the stopping, and is measured on fewer images.',
        }
      : {
          about: 'AUC is optimistic',
          text: 'the held-out fold that is judged also stopped the training, as in the paper: every AUC here is somewhat too high. `holdout: nested` avoids it.',
        },
  ];
}

function patientLimit({ datasets }: View): Finding[] {
  const loose = datasets
    .filter(({ isTarget, manifest }) => isTarget && manifest.group === 'none')
    .map(({ name }) => name);
  if (loose.length === 0) return [];
  const text = `images of one patient may lie in several folds of ${listed(loose)}, where patients are not known or not asked for; its AUC may be too high.`;
  return [{ about: 'Patients not kept apart', text }];
}

function similarityLimits(view: View): Finding[] {
  if (view.comparisons.length === 0) return [];
  const floor = {
    about: 'Similarity has a floor',
    text: 'finite samples make canonical correlations larger than 0 for networks that share nothing; read every value against the permutation floor and the random pair, never against 0.',
  };
  const warned = view.comparisons.flatMap(({ layers }) =>
    layers.flatMap(({ layer, warnings }) =>
      [...new Set(warnings.map(kindOfWarning))].map((text) => ({ layer, text })),
    ),
  );
  const told = [...groupBy(warned, ({ text }) => text)].map(([text, found]) => {
    const layers = [...new Set(found.map(({ layer }) => layer))];
    return {
      about: 'Similarity, a warning',
      text: `${text}: ${counted(found.length, 'comparison')}, in ${listed(layers)}.`,
    };
  });
  return [floor, ...told];
}

/** A warning without its numbers and without which of the two networks it is of: what many of them have in common. */
function kindOfWarning(warning: string): string {
  return warning
    .replace(/^(first|second) network: /, '')
    .replace(/^\d+ of \d+ /, 'some ')
    .replace(/^only \d+ points for \d+ channels/, 'few points for so many channels');
}

function duplicateLimits({ datasets }: View): Finding[] {
  const found = datasets
    .filter(({ isTarget, manifest }) => isTarget && acrossFolds(manifest) > 0)
    .map(({ name, manifest }) => `${name} (${counted(acrossFolds(manifest), 'group')})`);
  if (found.length === 0) return [];
  const text = `identical files lie in more than one fold of ${listed(found)}: networks are judged on images that they were trained on.`;
  return [{ about: 'Duplicates across folds', text }];
}

/** Groups of byte-identical files whose images lie in more than one fold. */
export function acrossFolds({ images, audit }: View['datasets'][number]['manifest']): number {
  const foldOf = new Map(images.map(({ path, fold }) => [path, fold]));
  return audit.duplicates.filter((paths) => new Set(paths.flatMap((path) => foldOf.get(path) ?? [])).size > 1)
    .length;
}

function auditLimits({ datasets }: View): Finding[] {
  const warned = datasets.flatMap(({ name, manifest }) =>
    manifest.audit.warnings.map((text) => ({ name, text })),
  );
  return [...groupBy(warned, ({ text }) => text)].map(([text, found]) => ({
    about: `Audit of ${listed(found.map(({ name }) => name))}`,
    text,
  }));
}
