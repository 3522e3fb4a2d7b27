import { Command, InvalidArgumentError } from 'commander';
import { applyOptions, withData, withJson, withServer, type CommonOptions } from '../options.js';
import type { Outcome } from '../exit-codes.js';

const examples = `
Examples:
  palimpsest run my-study.yaml
  palimpsest run my-study.yaml --out results --json
  palimpsest run my-study.yaml --server http://127.0.0.1:7315

Ctrl-C stops it and keeps what is done; run it again to go on. Running a study that is done takes seconds.
`;

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && Math.abs(value) <= 100) return value;
  throw new InvalidArgumentError(`Expected a whole number from -100 to 100, found "${text}".`);
}

/** `palimpsest run`: a study from its file to its report. */
export function runCommand(outcome: Outcome): Command {
  return withJson(withData(withServer(new Command('run'))))
    .summary('run a study and fetch its report')
    .description(
      'Runs a study, here with all services in this process, or on a server, and fetches its report.',
    )
    .argument('<study.yaml>', 'the study file')
    .option('--out <dir>', 'folder of the report (default: ./palimpsest-report/<name of the study>)')
    .option(
      '--priority <n>',
      'of two studies on one server, the tasks of the one with the higher are sent first (-100 to 100)',
      wholeNumber,
    )
    .addHelpText('after', examples)
    .action(async (file: string, options: CommonOptions & { out?: string; priority?: number }) => {
      applyOptions(options);
      const { runStudy } = await import('../study/run-study.js');
      outcome(await runStudy(file, options));
    });
}
