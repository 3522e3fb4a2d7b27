import { Command } from 'commander';
import { exitCodes, type Outcome } from '../exit-codes.js';
import { applyOptions, withData, withServer, type CommonOptions } from '../options.js';
import { print } from '../streams.js';

const examples = `
Examples:
  palimpsest log 0123456789abcdef0123456789abcdef --server http://127.0.0.1:7315

Jobs in Kubernetes keep their logs in the store, so that they outlive their pods; \`palimpsest status\` and a study that
failed name tasks. Jobs of \`JOBS_URL=process:\` write to the log of their service instead.
`;

/** `palimpsest log`: what the jobs of a task said. */
export function logCommand(outcome: Outcome): Command {
  return withData(withServer(new Command('log')))
    .summary('what the jobs of a task wrote to their logs')
    .description(
      'Prints the log of a task, all its attempts one after the other, from a server or from the store.',
    )
    .argument('<task-id>', 'id of the task')
    .addHelpText('after', examples)
    .action(async (taskId: string, options: CommonOptions) => {
      applyOptions(options);
      const { taskLog } = await import('../study/task-log.js');
      print(await taskLog(taskId, options));
      outcome(exitCodes.ok);
    });
}
