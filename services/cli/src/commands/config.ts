import { Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { applyOptions, withData, withJson, type CommonOptions } from '../options.js';
import type { Outcome } from '../exit-codes.js';

/** `palimpsest config`: the settings in force. */
export function configCommand(outcome: Outcome): Command {
  return withJson(withData(new Command('config')))
    .summary('the settings in force and where each comes from')
    .description('Shows every setting: its value (passwords masked), where it comes from and what it means.')
    .addHelpText('after', '\nExample:\n  STORE_URL=file:/srv/palimpsest palimpsest config --json\n')
    .action(async (options: CommonOptions) => {
      const logLevel = process.env.LOG_LEVEL;
      applyOptions(options);
      if (logLevel === undefined) delete process.env.LOG_LEVEL;
      const { describeConfig } = await import('@palimpsest/platform');
      const { print, printJson } = await import('../streams.js');
      const { table } = await import('../text.js');
      const settings = describeConfig().map((setting) => {
        const source = process.env[setting.name]?.trim() ? 'environment' : 'default';
        return { name: setting.name, value: setting.value ?? null, source, comment: setting.comment };
      });
      const rows = settings.map(({ name, value, source, comment }) => [name, value ?? '', source, comment]);
      if (options.json) printJson(settings);
      else print(table(['setting', 'value', 'from', 'meaning'], rows));
      outcome(exitCodes.ok);
    });
}
