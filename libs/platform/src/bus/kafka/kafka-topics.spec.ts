import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { BrokerTopic, KafkaClient } from './kafka-client.js';
import { ensureTopics } from './kafka-topics.js';

const log = pino({ level: 'silent' });
const declared = [
  { name: 'a', partitions: 3, retentionMs: 60_000 },
  { name: 'b', partitions: 1, retentionMs: 60_000 },
];

/** A broker that forbids, or lets another be faster. */
function broker(onCreate: (topic: BrokerTopic, has: BrokerTopic[]) => void) {
  const has: BrokerTopic[] = [];
  const client = {
    describeTopics: (names: string[]) => Promise.resolve(has.filter(({ name }) => names.includes(name))),
    createTopics: ([topic]: BrokerTopic[]) => {
      if (topic) onCreate(topic, has);
      return Promise.resolve();
    },
  } as unknown as KafkaClient;
  return { has, client };
}
const fault = (type: string) => Object.assign(new Error('no'), { type });

describe('ensureTopics', () => {
  it('is content when another process was faster', async () => {
    const { has, client } = broker((topic, topics) => {
      topics.push(topic);
      throw fault('TOPIC_ALREADY_EXISTS');
    });
    await ensureTopics(client, { declared, create: true, log });
    expect(has).toEqual(declared);
  });

  it('names all topics that lack, and the commands, where it may not create them', async () => {
    const { client } = broker(() => {
      throw fault('TOPIC_AUTHORIZATION_FAILED');
    });
    await expect(ensureTopics(client, { declared, create: true, log })).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringMatching(
        /topics a, b, and the broker forbids .*--topic a --partitions 3 --config retention.ms=60000 && .*--topic b/,
      ) as string,
    });
  });
});
