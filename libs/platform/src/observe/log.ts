import { AsyncLocalStorage } from 'node:async_hooks';
import { destination, pino, type Logger } from 'pino';
import type { Config } from '../config.js';

/** What every line of a piece of work says. */
export interface LogFields {
  studyId?: string;
  taskId?: string;
  kind?: string;
  attempt?: number;
  traceId?: string;
}

const current = new AsyncLocalStorage<LogFields>();

/** Fields of the work that is being done; none outside of any. */
export const logFields = (): LogFields => current.getStore() ?? {};

/** Every line that is written within has these fields too, whichever logger writes it. */
export const withLogFields = <T>(fields: LogFields, run: () => T): T =>
  current.run({ ...logFields(), ...fields }, run);

const secrets = [
  ...['password', 'secret', 'token', 'authorization', 'cookie', 'accessKey', 'secretKey', 'apiKey'],
  ...['S3_ACCESS_KEY', 'S3_SECRET_KEY', 'KAFKA_USERNAME', 'KAFKA_PASSWORD', 'PGPASSWORD'],
];

/** A password within a URL, wherever in a line it stands. */
const passwordInUrl = /(:\/\/[^\s:@/"]*):[^\s@/"]+@/g;

/**
 * JSON lines on stderr, one an event: stdout belongs to results. Fields such as `studyId`, `taskId`, `attempt`; no
 * patient data. Secrets are masked, by the names of their fields and in URLs.
 *
 * @param service names of the services that log here
 */
export function createLogger(
  { LOG_LEVEL }: Pick<Config, 'LOG_LEVEL'>,
  service: readonly string[] = [],
  stream: { write(line: string): void } = destination({ dest: 2, sync: true }),
): Logger {
  return pino(
    {
      level: LOG_LEVEL,
      base: { pid: process.pid, ...(service.length > 0 && { service: service.join(',') }) },
      redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '***' },
      hooks: { streamWrite: (line) => line.replace(passwordInUrl, '$1:***@') },
      mixin: (_fields, _level, logger) => missingIn(logger.bindings()),
    },
    stream,
  );
}

/** A field that a logger has already must not stand in the line twice. */
function missingIn(bindings: Record<string, unknown>): object {
  const fields = Object.entries(logFields()).filter(([name]) => !(name in bindings));
  return Object.fromEntries(fields);
}
