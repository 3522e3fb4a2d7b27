import { Command, InvalidArgumentError, Option } from 'commander';
import { groupOfLayout, layouts, protocolPresets, type Dataset, type Layout } from '@palimpsest/contracts';
import { exitCodes } from '../exit-codes.js';
import type { Outcome } from '../exit-codes.js';

const examples = `
Examples:
  palimpsest folds --layout chest-xray chest_xray --csv > folds.csv
  palimpsest folds --layout csv images.csv --group none --seed 7

Without --csv it prints how many images, patients and labels each fold holds. With it, a row for each image in the
dataset's own order: path, label, patient and the fold in which the image is held out, from 1.
`;

const { split } = protocolPresets.audited.dataset;

interface FoldsOptions {
  layout: Layout;
  folds: number;
  group?: Dataset['split']['group'];
  seed: number;
  unlabelled: string;
  csv?: boolean;
}

/** `palimpsest folds`: the cross-validation of a dataset. */
export function foldsCommand(outcome: Outcome): Command {
  return new Command('folds')
    .summary('the folds of a dataset, as scikit-learn makes them')
    .description(
      'Shows how a dataset is split: by patient (GroupKFold) or stratified by label (StratifiedKFold).',
    )
    .argument('<path>', 'folder of the dataset, or the CSV file of the layout csv')
    .addOption(
      new Option('--layout <name>', 'how the files lie on disk').choices(layouts).makeOptionMandatory(),
    )
    .option('--folds <n>', 'how many', whole(2), split.folds)
    .addOption(
      new Option('--group <how>', 'default: patient wherever the layout knows patients').choices([
        'patient',
        'none',
      ]),
    )
    .option('--seed <n>', 'of the stratified shuffle', whole(0), split.seed)
    .option('--unlabelled <how>', 'error, exclude, or the label that images without one get', 'error')
    .option('--csv', 'print a row for each image')
    .addHelpText('after', examples)
    .action(async (path: string, options: FoldsOptions) => {
      const { foldsOf } = await import('../study/folds.js');
      const { print } = await import('../streams.js');
      const { csv, group = groupOfLayout[options.layout], ...rest } = options;
      const folds = await foldsOf({ ...rest, path, group });
      print(csv ? folds.csv : folds.summary);
      outcome(exitCodes.ok);
    });
}

/** Reads a whole number from an option. */
export function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new InvalidArgumentError(`expected a whole number, at least ${least}`);
    return value;
  };
}
