import { Command } from 'commander';
import { exitCodes, type Outcome } from '../exit-codes.js';
import { applyOptions, withData, type CommonOptions } from '../options.js';
import { print } from '../streams.js';

const examples = `
Examples:
  DATABASE_URL=postgres://palimpsest@host/palimpsest palimpsest migrate

Every service that opens the database does the same when it starts. By itself it is for a step before an upgrade.
`;

/** `palimpsest migrate`: the tables, in the newest form. */
export function migrateCommand(outcome: Outcome): Command {
  return withData(new Command('migrate'))
    .summary('bring the tables of the database to the newest form')
    .description(
      'Brings the tables of the database that DATABASE_URL names to the form that this version works with.',
    )
    .addHelpText('after', examples)
    .action(async (options: CommonOptions) => {
      applyOptions(options);
      const { loadConfig } = await import('@palimpsest/platform');
      const { migrateDatabase } = await import('@palimpsest/api');
      const steps = await migrateDatabase(loadConfig());
      print(steps.length > 0 ? `Took ${steps.join(', ')}.` : 'The tables are as they must be.');
      outcome(exitCodes.ok);
    });
}
