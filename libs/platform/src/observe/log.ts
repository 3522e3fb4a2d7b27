import { destination, pino, type Logger } from 'pino';
import type { Config } from '../config.js';

/** JSON lines on stderr, one an event: stdout belongs to results. Fields such as `studyId`, `taskId`, `attempt`; no patient data. */
export function createLogger({ LOG_LEVEL }: Pick<Config, 'LOG_LEVEL'>): Logger {
  return pino({ level: LOG_LEVEL, base: { pid: process.pid } }, destination({ dest: 2, sync: true }));
}
