import { Command } from 'commander';
import { exitCodes, type Outcome } from '../exit-codes.js';
import { applyOptions, withData, withJson, type CommonOptions } from '../options.js';

const examples = `
Examples:
  palimpsest restore backups/monday --data restored
  DATABASE_URL=postgres://db/palimpsest STORE_URL=s3://palimpsest palimpsest restore backups/monday

Everything is verified before anything is written. A restore that was cut off can be run again.
`;

/** `palimpsest restore`: a backup, into an empty database and a store. */
export function restoreCommand(outcome: Outcome): Command {
  return withJson(withData(new Command('restore')))
    .summary('put a backup into an empty database and a store, of any kind')
    .description('Verifies a backup, then puts it into the database, which must be empty, and the store.')
    .argument('<folder>', 'what `palimpsest backup` wrote')
    .addHelpText('after', examples)
    .action(async (folder: string, options: CommonOptions) => {
      applyOptions(options);
      const { restoreFrom } = await import('../backup/backup.js');
      await restoreFrom(folder, options);
      outcome(exitCodes.ok);
    });
}
