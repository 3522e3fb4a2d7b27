import { Command, InvalidArgumentError } from 'commander';
import { applyOptions, withData, withJson, type CommonOptions } from '../options.js';
import type { Outcome } from '../exit-codes.js';

const examples = `
Examples:
  palimpsest store check                     what belongs to no task, and what is missing
  palimpsest store check --verify            reads every artifact and compares its hash
  palimpsest store check --delete-orphans    removes what belongs to no task and is older than an hour

A running task names what it makes only when it is done, so what is young may yet belong to one. Ends with 1 when
something is missing or damaged; the task that made it makes it again when a study next needs it.
`;

/** What the command was given. */
export interface StoreCheckOptions extends CommonOptions {
  verify?: boolean;
  deleteOrphans?: boolean;
  olderThan: number;
}

/** `palimpsest store check`: whether the store holds what tasks name, and nothing else. */
export function storeCommand(outcome: Outcome): Command {
  const check = withJson(withData(new Command('check')))
    .summary('what belongs to no task, and what is missing')
    .description(
      'Walks the store that STORE_URL names, and tells what belongs to no task and what is missing.',
    )
    .option('--verify', 'read every artifact and compare its hash')
    .option('--delete-orphans', 'remove what belongs to no task and is old enough')
    .option('--older-than <minutes>', 'how old that is', minutes, 60)
    .addHelpText('after', examples)
    .action(async (options: StoreCheckOptions) => {
      applyOptions(options);
      const { storeCheck } = await import('../local/store-check.js');
      outcome(await storeCheck(options));
    });
  return new Command('store')
    .summary('whether the store holds what tasks name, and nothing else')
    .description('Looks after the store.')
    .addHelpText('after', '\nExample:\n  palimpsest store check --verify\n')
    .addCommand(check.exitOverride());
}

function minutes(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0) return value;
  throw new InvalidArgumentError('Expected a number of minutes, 0 or more.');
}
