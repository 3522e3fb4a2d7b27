import { Command } from 'commander';
import { exitCodes, type Outcome } from '../exit-codes.js';
import { applyOptions, withData, withJson, withServer, type CommonOptions } from '../options.js';

const examples = `
Examples:
  palimpsest backup backups/monday
  palimpsest backup backups/monday --server http://127.0.0.1:7315   while a server runs on this data

The store is read where STORE_URL says (--data), with --server too. The images of datasets are not in a backup.
`;

/** `palimpsest backup`: database and store, to a folder. */
export function backupCommand(outcome: Outcome): Command {
  return withJson(withData(withServer(new Command('backup'))))
    .summary('write database and store to a folder, while everything runs')
    .description('Writes all studies, and what the store holds for them, to a new folder.')
    .argument('<folder>', 'a folder that is not there yet')
    .addHelpText('after', examples)
    .action(async (folder: string, options: CommonOptions) => {
      applyOptions(options);
      const { backUpTo } = await import('../backup/backup.js');
      await backUpTo(folder, options);
      outcome(exitCodes.ok);
    });
}
