import type { Logger } from 'pino';
import type { Config } from './config.js';

/** Ends the process SHUTDOWN_SECONDS after it was told to stop, whatever has not been put away by then. */
export function limitShutdown({ SHUTDOWN_SECONDS }: Pick<Config, 'SHUTDOWN_SECONDS'>, log: Logger): void {
  const begin = () => {
    const end = () => {
      log.fatal({ seconds: SHUTDOWN_SECONDS }, 'not shut down in time: leaving');
      process.exit(1);
    };
    setTimeout(end, SHUTDOWN_SECONDS * 1000).unref();
  };
  process.once('SIGTERM', begin).once('SIGINT', begin);
}
