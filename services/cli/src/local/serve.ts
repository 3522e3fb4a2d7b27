import { once } from 'node:events';
import { createLogger, limitShutdown, loadConfig } from '@palimpsest/platform';
import { exitCodes } from '../exit-codes.js';
import { interruption } from '../interrupt.js';
import type { ServiceName } from '../services.js';
import { note } from '../streams.js';
import { startServices } from './start-services.js';

/** Runs services until Ctrl-C or SIGTERM. @returns the exit code */
export async function serve(names: readonly ServiceName[]): Promise<number> {
  const { signal, release } = interruption();
  const config = loadConfig();
  limitShutdown(config, createLogger(config));
  const running = await startServices(names);
  note(`serving ${names.join(', ')} at ${running.url}, listening on ${config.HTTP_HOST}`);
  if (!signal.aborted) await once(signal, 'abort');
  await running.close();
  release();
  return exitCodes.ok;
}
