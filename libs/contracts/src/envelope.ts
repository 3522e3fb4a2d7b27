import { z } from 'zod';
import { messageOf } from './errors.js';
import { topics, type Message, type Topic } from './topics.js';

/**
 * Version of the messages' schemas. It is raised when a field is added; no field is ever removed or given another
 * meaning, so that a reader of any version understands a writer of any other. Version 0 had no envelope.
 */
export const SCHEMA_VERSION = 4;

const PREFIX = 'palimpsest.';

/** A message as it travels: a CloudEvent in JSON, with the extensions `schemaversion` and `traceparent`. */
const eventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1).describe('the process that sent it'),
  type: z.string().describe('`palimpsest.` and the topic'),
  time: z.string().optional(),
  subject: z.string().optional().describe('the key of the message, such as a task id'),
  datacontenttype: z.literal('application/json').optional(),
  schemaversion: z.int().nonnegative(),
  traceparent: z.string().optional().describe('of the trace that it belongs to, as in W3C Trace Context'),
  data: z.unknown(),
});
export type CloudEvent = z.infer<typeof eventSchema>;

/**
 * The bytes of a message.
 *
 * @throws ZodError when it is not what its topic holds
 */
export function encodeEvent<T extends Topic>(
  topic: T,
  message: Message<T>,
  { source, traceparent, now = new Date() }: { source: string; traceparent?: string | undefined; now?: Date },
): { key: string; value: Uint8Array } {
  const data = topics[topic].schema.parse(message) as Message<T>;
  const key = (topics[topic].key as (message: Message<T>) => string)(data);
  const event: CloudEvent = {
    specversion: '1.0',
    id: crypto.randomUUID(),
    source,
    type: `${PREFIX}${topic}`,
    time: now.toISOString(),
    ...(key !== '' && { subject: key }),
    datacontenttype: 'application/json',
    schemaversion: SCHEMA_VERSION,
    ...(traceparent !== undefined && { traceparent }),
    data,
  };
  return { key, value: new TextEncoder().encode(JSON.stringify(event)) };
}

/**
 * The message that bytes hold. Fields that this program does not know, as newer ones send them, are left out.
 *
 * @returns in words what is wrong with the bytes, where they hold none
 */
export function decodeEvent<T extends Topic>(
  topic: T,
  value: Uint8Array,
): { message: Message<T>; traceparent?: string | undefined } | string {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
  } catch (error) {
    return `expected JSON: ${messageOf(error)}`;
  }
  if (!(topic in topics)) return `no topic is called ${topic}`;
  const event =
    typeof json === 'object' && json !== null && 'specversion' in json
      ? eventSchema.safeParse(json)
      : undefined;
  if (event && !event.success) return `expected a CloudEvent: ${z.prettifyError(event.error)}`;
  if (event && event.data.type !== PREFIX + topic)
    return `expected an event of type ${PREFIX}${topic}, found ${event.data.type}`;
  const parsed = topics[topic].schema.safeParse(event ? event.data.data : json);
  if (!parsed.success) return z.prettifyError(parsed.error);
  return { message: parsed.data as Message<T>, traceparent: event?.data.traceparent };
}
