import { Command, InvalidArgumentError, Option } from 'commander';
import { measures, type Measure } from '@palimpsest/contracts';
import { exitCodes } from '../exit-codes.js';
import { withJson } from '../options.js';
import type { Outcome } from '../exit-codes.js';

const examples = `
Examples:
  palimpsest compare a.npy b.npy
  palimpsest compare a.npy b.npy --measure cka --json
  palimpsest compare neurons0.npy neurons1.npy --channels-first

Each file holds one matrix, data points × channels, for the same data points in the same order. --json prints
{measure, value, coefficients, points, channels: [of the first, of the second], warnings}, and
linearAlgebra where LINEAR_ALGEBRA is not plain.
`;

/** Options of `compare` as they are given. */
export interface CompareOptions {
  measure: Measure;
  epsilon: number;
  summary: 'mean' | 'sum' | 'mean98';
  channelsFirst?: boolean;
  json?: boolean;
}

/** `palimpsest compare`: similarity of two activation matrices, without any service. */
export function compareCommand(outcome: Outcome): Command {
  return withJson(new Command('compare'))
    .summary('similarity of two activation matrices in .npy files')
    .description('Similarity of two networks from what one layer of each said about the same data points.')
    .argument('<a.npy>', 'activations of the first network')
    .argument('<b.npy>', 'activations of the second')
    .addOption(new Option('--measure <name>', 'similarity measure').choices(measures).default('cca'))
    .option('--epsilon <number>', 'regularisation of the covariances, as in google/svcca', nonNegative, 0)
    .addOption(
      new Option('--summary <how>', 'how canonical correlations become one number')
        .choices(['mean', 'sum', 'mean98'])
        .default('mean'),
    )
    .option('--channels-first', 'the files hold channels × data points')
    .addHelpText('after', examples)
    .action(async (a: string, b: string, options: CompareOptions) => {
      const { compareFiles, comparisonText } = await import('../study/compare.js');
      const { print, printJson } = await import('../streams.js');
      const comparison = await compareFiles(a, b, options);
      if (options.json) printJson(comparison);
      else print(comparisonText(comparison));
      outcome(exitCodes.ok);
    });
}

function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('expected a number, at least 0');
  return value;
}
