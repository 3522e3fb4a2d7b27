import { PlatformError } from '@palimpsest/contracts';

/** What the program's exit code says. */
export const exitCodes = {
  ok: 0,
  bug: 1,
  usage: 2,
  studyFailed: 3,
  taskFailed: 42,
  unavailable: 75,
  interrupted: 130,
} as const;

/** Hears the exit code of the command that ran. */
export type Outcome = (code: number) => void;

/** The text that `--help` ends with. */
export const exitCodesHelp = `
Exit codes:
  0    done
  1    a bug, or damaged data; the message says which
  2    wrong usage, or a study, file or setting that is not as it must be
  3    the study failed; the message names the task
  42   a task can never succeed (work)
  43   memory ran out (work)
  75   something that is needed does not answer; trying again later may help
  130  interrupted
`;

/** The exit code for something that was thrown. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof PlatformError)) return exitCodes.bug;
  if (error.code === 'unavailable') return exitCodes.unavailable;
  return error.code === 'corrupt' ? exitCodes.bug : exitCodes.usage;
}
