import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { messageOf, PlatformError } from '@palimpsest/contracts';
import { backupCommand } from './commands/backup.js';
import { compareCommand } from './commands/compare.js';
import { configCommand } from './commands/config.js';
import { deadCommand } from './commands/dead.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { foldsCommand } from './commands/folds.js';
import { logCommand } from './commands/log.js';
import { migrateCommand } from './commands/migrate.js';
import { planCommand } from './commands/plan.js';
import { predictCommand } from './commands/predict.js';
import { exportCommand } from './commands/export.js';
import { restoreCommand } from './commands/restore.js';
import { runCommand } from './commands/run.js';
import { setupCommand } from './commands/setup.js';
import { serveCommand } from './commands/serve.js';
import { statusCommand } from './commands/status.js';
import { storeCommand } from './commands/store.js';
import { weightsCommand } from './commands/weights.js';
import { workCommand } from './commands/work.js';
import { exitCodeOf, exitCodes, exitCodesHelp, type Outcome } from './exit-codes.js';
import { note } from './streams.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const about = `Which pretrained start was the right one for your medical images, and what is left of it after fine-tuning.

Results go to standard output, progress and logs to standard error.`;

const examples = `
Examples:
  palimpsest demo                        a whole study on synthetic images, in a few minutes
  palimpsest plan my-study.yaml          what a study would do, and how long; runs nothing
  palimpsest run my-study.yaml           runs it; interrupt it whenever you like and run it again
  palimpsest weights list                pretrained weights that are known by name
  palimpsest compare a.npy b.npy --json  similarity of two activation matrices
`;

/** The program with all its commands. @param outcome hears the exit code of the command that ran */
export function buildProgram(outcome: Outcome): Command {
  const program = new Command('palimpsest')
    .description(about)
    .version(version, '--version', 'print the version')
    .addHelpText('after', examples + exitCodesHelp)
    .exitOverride();
  const commands = [
    demoCommand,
    runCommand,
    planCommand,
    foldsCommand,
    compareCommand,
    predictCommand,
    exportCommand,
    weightsCommand,
    serveCommand,
    workCommand,
    statusCommand,
    logCommand,
    deadCommand,
    storeCommand,
    configCommand,
    doctorCommand,
    setupCommand,
    backupCommand,
    restoreCommand,
    migrateCommand,
  ];
  for (const command of commands) program.addCommand(command(outcome).exitOverride());
  return program;
}

/** Runs the program. @returns the exit code; what went wrong has been said on standard error */
export async function runProgram(argv: string[]): Promise<number> {
  let code: number = exitCodes.ok;
  try {
    await buildProgram((end) => (code = end)).parseAsync(argv);
    return code;
  } catch (error) {
    // Commander has said what was wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const stack = error instanceof Error && !(error instanceof PlatformError) ? error.stack : undefined;
    note(`palimpsest: ${stack ?? messageOf(error)}`);
    return exitCodeOf(error);
  }
}
