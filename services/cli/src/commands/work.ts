import { Argument, Command } from 'commander';
import { taskKinds, type TaskKind } from '@palimpsest/contracts';
import { applyOptions, withData, type CommonOptions } from '../options.js';

const examples = `
Example:
  palimpsest work train 0123456789abcdef0123456789abcdef

It reads tasks/<task-id>/input.json from the store and writes output.json, or error.json when it can never succeed.
Services start it for every task that is a job; by hand it repeats one.
`;

/** `palimpsest work`: one task, in this process. */
export function workCommand(): Command {
  return withData(new Command('work'))
    .summary('run one task whose input lies in the store')
    .description(
      'Runs one task whose input lies in the store. It needs the store only, no bus and no database.',
    )
    .addArgument(new Argument('<kind>', 'kind of task').choices(taskKinds))
    .argument('<task-id...>', 'id of the task; of several, the one at JOB_COMPLETION_INDEX is run')
    .addHelpText('after', examples)
    .action(async (kind: TaskKind, taskIds: string[], options: CommonOptions) => {
      applyOptions(options, { logLevel: 'warn' });
      const { workOn } = await import('../local/work-on.js');
      await workOn(kind, taskIds);
    });
}
