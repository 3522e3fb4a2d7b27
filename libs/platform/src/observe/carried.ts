import { logFields, type LogFields } from './log.js';
import type { Tracing } from './tracing.js';

/** What a job's process must know of the work that it is part of, as variables of its environment. */
export function carriedEnvironment(tracing: Tracing): Record<string, string> {
  const traceparent = tracing.traceparent();
  return {
    LOG_FIELDS: JSON.stringify(logFields()),
    ...(traceparent !== undefined && { TRACEPARENT: traceparent }),
  };
}

/** What came with the environment of this process; nothing where somebody started it by hand. */
export function carriedFrom(env: NodeJS.ProcessEnv): { traceparent: string | undefined; fields: LogFields } {
  return { traceparent: env.TRACEPARENT, fields: parse(env.LOG_FIELDS) };
}

function parse(text = '{}'): LogFields {
  try {
    return Object(JSON.parse(text)) as LogFields;
  } catch {
    return {};
  }
}
