import { exitCodes } from './exit-codes.js';
import { note } from './streams.js';

/** Aborts at the first Ctrl-C or SIGTERM, so that everything can be put away; the second ends the process at once. */
export function interruption(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    note('\nstopping; once more to leave at once');
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return { signal: controller.signal, release: () => void process.off('SIGINT', stop).off('SIGTERM', stop) };
}
