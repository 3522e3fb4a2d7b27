import { Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { withJson, type CommonOptions } from '../options.js';
import type { Outcome } from '../exit-codes.js';
import { print, printJson } from '../streams.js';

const examples = `
Examples:
  palimpsest plan my-study.yaml
  palimpsest plan my-study.yaml --json

Times are estimates: early stopping decides how many epochs there are, and your processor how long each takes.
`;

/** `palimpsest plan`: what a study would do. */
export function planCommand(outcome: Outcome): Command {
  return withJson(new Command('plan'))
    .summary('what a study would do, how long, how many bytes; runs nothing')
    .description(
      'Shows the tasks of a study by kind, with what they need. Reads the study file and counts images; runs nothing.',
    )
    .argument('<study.yaml>', 'the study file')
    .addHelpText('after', examples)
    .action(async (file: string, options: CommonOptions) => {
      const { planSummary, planText } = await import('../study/plan-summary.js');
      const summary = await planSummary(file);
      if (options.json) printJson(summary);
      else print(planText(summary));
      outcome(exitCodes.ok);
    });
}
