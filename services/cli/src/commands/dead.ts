import { Command } from 'commander';
import { exitCodes, type Outcome } from '../exit-codes.js';
import { applyOptions, withData, withJson, withServer, type CommonOptions } from '../options.js';

const examples = `
Examples:
  palimpsest dead list --server http://127.0.0.1:7315
  palimpsest dead show 0123456789abcdef --server http://127.0.0.1:7315
  palimpsest dead replay --all --server http://127.0.0.1:7315   once what they stumbled over is mended
  palimpsest dead drop 0123456789abcdef
`;

const load = () => import('../study/dead.js');
const common = (name: string) => withJson(withData(withServer(new Command(name)))).exitOverride();

/** `palimpsest dead`: messages that no service could handle. */
export function deadCommand(outcome: Outcome): Command {
  return new Command('dead')
    .summary('messages that no service could handle')
    .description(
      'Lists messages that could not be read, or on which a handler failed every time, sends them again or drops them.',
    )
    .addHelpText('after', examples)
    .addCommand(listCommand(outcome))
    .addCommand(showCommand(outcome))
    .addCommand(manyCommand('replay', 'send messages again as they were', outcome))
    .addCommand(manyCommand('drop', 'forget messages', outcome));
}

function listCommand(outcome: Outcome): Command {
  return common('list')
    .summary('all of them, the newest first')
    .action(async (options: CommonOptions) => {
      applyOptions(options);
      await (await load()).listDead(options);
      outcome(exitCodes.ok);
    });
}

function showCommand(outcome: Outcome): Command {
  return common('show')
    .summary('one with its content')
    .argument('<id>', 'as `dead list` shows it')
    .action(async (id: string, options: CommonOptions) => {
      applyOptions(options);
      await (await load()).showDead(id, options);
      outcome(exitCodes.ok);
    });
}

function manyCommand(what: 'replay' | 'drop', summary: string, outcome: Outcome): Command {
  return common(what)
    .summary(summary)
    .argument('[id...]', 'as `dead list` shows them')
    .option('--all', 'every one there is')
    .action(async (ids: string[], options: CommonOptions & { all?: boolean }) => {
      applyOptions(options);
      await (await load()).eachDead(what, ids, options);
      outcome(exitCodes.ok);
    });
}
