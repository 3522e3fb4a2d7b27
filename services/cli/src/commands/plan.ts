import { Command, InvalidArgumentError } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { applyOptions, withData, withJson, type CommonOptions } from '../options.js';
import type { Outcome } from '../exit-codes.js';
import { print, printJson } from '../streams.js';
import type { PlanKnowledge } from '../study/plan-summary.js';

const examples = `
Examples:
  palimpsest plan my-study.yaml
  palimpsest plan my-study.yaml --json
  palimpsest plan my-study.yaml --images chest=5856 --gpus 4 --images-per-second 300

Times are estimates: early stopping decides how many epochs there are, and your processor how long each takes. What a
GPU does a second, \`palimpsest run\` shows while it trains.
`;

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`Expected a number above 0, found "${text}".`);
}

function imagesOf(text: string, before: Record<string, number> = {}): Record<string, number> {
  const [, name = '', count = ''] = /^([^=]+)=(\d+)$/.exec(text) ?? [];
  if (name) return { ...before, [name]: Number(count) };
  throw new InvalidArgumentError(`Expected <dataset>=<images>, found "${text}".`);
}

/** `palimpsest plan`: what a study would do. */
export function planCommand(outcome: Outcome): Command {
  return withJson(withData(new Command('plan')))
    .summary('what a study would do, how long, how many bytes; runs nothing')
    .description(
      'Shows the tasks of a study by kind, with what they need. Reads the study file and counts images; runs nothing.',
    )
    .argument('<study.yaml>', 'the study file')
    .option(
      '--images <dataset=n>',
      'images of a dataset that is not here to be counted; repeatable',
      imagesOf,
    )
    .option('--gpus <n>', 'GPUs that train at once', positive)
    .option('--images-per-second <n>', 'images that one of them trains a second', positive)
    .addHelpText('after', examples)
    .action(async (file: string, options: CommonOptions & PlanKnowledge) => {
      applyOptions(options);
      const { planSummary, planText } = await import('../study/plan-summary.js');
      const summary = await planSummary(file, options);
      if (options.json) printJson(summary);
      else print(planText(summary));
      outcome(exitCodes.ok);
    });
}
