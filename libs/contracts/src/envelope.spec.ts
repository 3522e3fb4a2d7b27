import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeEvent, SCHEMA_VERSION } from './envelope.js';
import { topicNames, topics, type Topic } from './topics.js';

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const progressed = { taskId: 'a', attempt: 1, done: 0.5 };
const trace = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01';

describe('a message', () => {
  it('travels as a CloudEvent, with its key as subject and its trace', () => {
    const now = new Date('2026-01-01T00:00:00Z');
    const { key, value } = encodeEvent('task.progressed', progressed, {
      source: 'here',
      traceparent: trace,
      now,
    });
    expect(key).toBe('a');
    expect(JSON.parse(new TextDecoder().decode(value))).toMatchObject({
      ...{ specversion: '1.0', source: 'here', type: 'palimpsest.task.progressed', subject: 'a' },
      ...{ time: '2026-01-01T00:00:00.000Z', datacontenttype: 'application/json' },
      ...{ schemaversion: SCHEMA_VERSION, traceparent: trace, data: progressed },
    });
    expect(decodeEvent('task.progressed', value)).toEqual({ message: progressed, traceparent: trace });
  });

  it('has an id of its own', () => {
    const idOf = () => {
      const { value } = encodeEvent('task.progressed', progressed, { source: 'here' });
      return (JSON.parse(new TextDecoder().decode(value)) as { id: string }).id;
    };
    expect(idOf()).not.toBe(idOf());
  });

  it('of a newer program is read without what this one does not know', () => {
    const { value } = encodeEvent('task.progressed', progressed, { source: 'here' });
    const event = JSON.parse(new TextDecoder().decode(value)) as { data: object };
    const newer = { ...event, schemaversion: 99, mood: 'good', data: { ...event.data, colour: 'blue' } };
    expect(decodeEvent('task.progressed', text(newer))).toEqual({ message: progressed });
  });

  it.each([
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0), /expected JSON/],
    ['nothing', new Uint8Array(), /expected JSON/],
    ['half a message', text(progressed).slice(0, 10), /expected JSON/],
    ['a number', text(7), /expected object/],
    ['a message that lacks a field', text({ taskId: 'a' }), /attempt/],
    [
      'an event of another topic',
      text({
        specversion: '1.0',
        id: 'i',
        source: 's',
        type: 'palimpsest.task.finished',
        schemaversion: 1,
        data: progressed,
      }),
      /palimpsest\.task\.progressed, found palimpsest\.task\.finished/,
    ],
    [
      'an event of another specification',
      text({ specversion: '9', data: progressed }),
      /expected a CloudEvent/,
    ],
  ])('is told from %s, with what is wrong', (_, value, reason) => {
    expect(decodeEvent('task.progressed', value)).toMatch(reason);
  });
});

const folder = path.resolve(import.meta.dirname, '../fixtures/messages');

describe('messages of every version so far', () => {
  it('are kept, one a topic', () => {
    const newest = readdirSync(path.join(folder, `v${SCHEMA_VERSION}`)).map((name) => path.parse(name).name);
    expect(newest.sort()).toEqual([...topicNames].sort());
  });

  const kept = readdirSync(folder).flatMap((version) =>
    readdirSync(path.join(folder, version)).map((name) => [version, path.parse(name).name as Topic] as const),
  );
  it.each(kept)('%s of %s are read by this program', (version, topic) => {
    const value = readFileSync(path.join(folder, version, `${topic}.json`));
    const decoded = decodeEvent(topic, value);
    expect(decoded).toMatchObject({ message: expect.any(Object) as object });
    const { message } = decoded as { message: object };
    expect(topics[topic].schema.parse(message)).toEqual(message);
  });
});
