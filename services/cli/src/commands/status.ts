import { Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { applyOptions, withData, withJson, withServer, type CommonOptions } from '../options.js';
import type { Outcome } from '../exit-codes.js';

const examples = `
Examples:
  palimpsest status                                  all studies of ./data
  palimpsest status my-study
  palimpsest status --server http://127.0.0.1:7315   while a server runs: it alone may open its database
`;

/** `palimpsest status`: studies and where they stand. */
export function statusCommand(outcome: Outcome): Command {
  return withJson(withData(withServer(new Command('status'))))
    .summary('studies and where they stand')
    .description('Shows all studies, or one of them, of a running server or of the data folder.')
    .argument('[study]', 'name, id, or the beginning of an id')
    .addHelpText('after', examples)
    .action(async (study: string | undefined, options: CommonOptions) => {
      applyOptions(options);
      const { studyStatus, studyList } = await import('../study/status.js');
      await (study === undefined ? studyList(options) : studyStatus(study, options));
      outcome(exitCodes.ok);
    });
}
