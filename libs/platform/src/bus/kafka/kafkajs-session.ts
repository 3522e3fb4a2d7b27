import { randomUUID } from 'node:crypto';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { partitionKey, type Session, type SessionOptions } from './kafka-client.js';
import { Progress, type Handled } from './progress.js';

/** How long the broker holds a request for records that do not come: stopping takes as long at most. */
const MAX_WAIT_MS = 250;
const HEARTBEAT_MS = 1000;
const REBALANCE_MS = 15_000;
const MAX_BYTES = 4 * 1024 * 1024;

type KafkajsSessionOptions = SessionOptions & { sessionMs: number };

/**
 * Membership in a group through kafkajs. Its loop fetches some records and waits until the hand has dealt with them;
 * meanwhile we send the heartbeats, and when the group moves on, the loop goes back to the broker without the rest.
 */
export class KafkajsSession implements Session {
  readonly lost: Promise<Error>;
  readonly #kafka: Kafka;
  readonly #options: KafkajsSessionOptions;
  readonly #groupId: string;
  readonly #consumer: Consumer;
  readonly #progress: Progress;
  #joined: (() => void) | undefined;
  #dealing: Promise<void> | undefined;

  private constructor(kafka: Kafka, options: KafkajsSessionOptions) {
    this.#kafka = kafka;
    this.#options = options;
    this.#groupId = options.group ?? `${options.topics[0] ?? ''}.${randomUUID()}`;
    this.#consumer = kafka.consumer({
      groupId: this.#groupId,
      sessionTimeout: options.sessionMs,
      rebalanceTimeout: Math.max(REBALANCE_MS, options.sessionMs),
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytes: MAX_BYTES,
      allowAutoTopicCreation: false,
      retry: {
        retries: 5,
        initialRetryTime: 100,
        maxRetryTime: 1000,
        restartOnFailure: () => Promise.resolve(false),
      },
    });
    const commit =
      options.group === null ? () => Promise.resolve() : (handled: Handled[]) => this.#tell(handled);
    this.#progress = new Progress(commit, options.positions);
    this.lost = new Promise((resolve) =>
      this.#consumer.on('consumer.crash', ({ payload }) => resolve(payload.error)),
    );
  }

  /** Resolves when the group was joined. @throws what kept us from it */
  static async open(kafka: Kafka, options: KafkajsSessionOptions): Promise<KafkajsSession> {
    const session = new KafkajsSession(kafka, options);
    try {
      await session.#join();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  commit(): Promise<void> {
    return this.#progress.flush();
  }

  async close(): Promise<void> {
    // Of a batch whose last record the closed hand has just handled, the loop may not know yet.
    await this.#dealing?.catch(() => undefined);
    this.#progress.stop();
    await this.#progress.flush();
    await this.#consumer.disconnect().catch(() => undefined);
    if (this.#options.group === null) await this.#deleteGroup().catch(() => undefined);
  }

  async #join(): Promise<void> {
    const { topics } = this.#options;
    const joined = new Promise<void>((resolve) => (this.#joined = resolve));
    this.#consumer.on('consumer.group_join', ({ payload: { memberAssignment } }) => {
      this.#assigned(memberAssignment);
      this.#joined?.();
    });
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics, fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => (this.#dealing = this.#each(payload)),
    });
    const lost = await Promise.race([joined, this.lost]);
    if (lost) throw lost;
  }

  #assigned(assignment: Record<string, number[]>): void {
    const { group, positions } = this.#options;
    this.#progress.keepOnly(({ topic, partition }) => assignment[topic]?.includes(partition) ?? false);
    if (group !== null) return;
    for (const [topic, partitions] of Object.entries(assignment))
      for (const partition of partitions) {
        const offset = positions.get(partitionKey(topic, partition)) ?? 0n;
        this.#consumer.seek({ topic, partition, offset: `${offset}` });
      }
  }

  async #each(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch;
    const beat = beating(() => payload.heartbeat());
    try {
      for (const { offset, key, value } of messages) {
        if (!payload.isRunning() || payload.isStale() || beat.over.aborted) break;
        const record = { topic, key: key?.toString() ?? '', value: value ?? Buffer.alloc(0) };
        const id = `${partitionKey(topic, partition)}/${offset}`;
        if (!(await this.#options.hand.take({ record, id }, beat.over))) break;
        payload.resolveOffset(offset);
        this.#progress.add({ topic, partition, offset: BigInt(offset) + 1n });
      }
    } finally {
      beat.stop();
    }
    if (!beat.over.aborted) return;
    // While the group gathers, it still takes commits of the members it had.
    await this.#progress.flush();
    throw beat.over.reason;
  }

  async #tell(handled: Handled[]): Promise<void> {
    await this.#consumer.commitOffsets(
      handled.map(({ topic, partition, offset }) => ({ topic, partition, offset: `${offset}` })),
    );
  }

  async #deleteGroup(): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    await admin.deleteGroups([this.#groupId]).finally(() => admin.disconnect());
  }
}

/** Heartbeats while a batch is dealt with. `over` aborts, with the error, when the group has moved on or is away. */
function beating(heartbeat: () => Promise<void>) {
  const over = new AbortController();
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => over.abort(error));
  }, HEARTBEAT_MS / 2);
  return { over: over.signal, stop: () => clearInterval(timer) };
}
