import { Command } from 'commander';
import { applyOptions, withData, withJson, type CommonOptions } from '../options.js';
import type { Outcome } from '../exit-codes.js';

const examples = `
Examples:
  palimpsest demo
  palimpsest demo --data /tmp/palimpsest --out demo-report

The images are made by a program and show no patient. They and the study file lie under demo/ of the data folder;
copy the file to write a study of your own.
`;

/** `palimpsest demo`: a whole study on synthetic images. */
export function demoCommand(outcome: Outcome): Command {
  return withJson(withData(new Command('demo')))
    .summary('a whole study on synthetic images, in a few minutes')
    .description(
      'Draws synthetic datasets, then runs a study on them: two sources, a random start, two targets.',
    )
    .option('--out <dir>', 'folder of the report (default: ./palimpsest-report/demo)')
    .addHelpText('after', examples)
    .action(async (options: CommonOptions & { out?: string }) => {
      applyOptions(options);
      const { prepareDemo } = await import('../demo/prepare-demo.js');
      const { runStudy } = await import('../study/run-study.js');
      outcome(await runStudy(await prepareDemo(), options));
    });
}
