import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, ListOffsetTimestamps, type GroupAssignment } from '@platformatic/kafka';
import { partitionKey, type Positions, type Session, type SessionOptions } from './kafka-client.js';
import type { PlatformaticOptions } from './platformatic-client.js';
import { closeConsumer, PlatformaticReader, type Offered } from './platformatic-reader.js';
import { Progress, type Handled } from './progress.js';

const HEARTBEAT_MS = 1000;
const REBALANCE_MS = 15_000;
/** The broker decides how long a member may be silent; the library wants no less than its own default for that. */
const NEWER_REBALANCE_MS = 60_000;
/** How often a member that has no partition looks whether it was given one. */
const IDLE_MS = 100;

interface PlatformaticSessionOptions extends SessionOptions {
  client: PlatformaticOptions;
  protocol: 'classic' | 'consumer';
  sessionMs: number;
}

/**
 * Membership in a group through @platformatic/kafka. The library sends heartbeats and joins again by itself; we read,
 * a request for each broker at a time, and go by what it says is assigned to us. Reading has its own connections, since
 * a broker answers the requests of a connection one after the other. Without a group we read every partition.
 */
export class PlatformaticSession implements Session {
  readonly lost: Promise<Error>;
  readonly #options: PlatformaticSessionOptions;
  readonly #reader: PlatformaticReader;
  readonly #member: Consumer | undefined;
  readonly #progress: Progress;
  #lose: (error: Error) => void = () => undefined;
  #over = new AbortController();
  #assigned: GroupAssignment[] | null = null;
  #closing = false;
  #work: Promise<void> | undefined;
  /** The newer protocol takes partitions away without telling. */
  readonly #watch: NodeJS.Timeout;

  private constructor(options: PlatformaticSessionOptions) {
    const { group, positions } = options;
    this.#options = options;
    this.#reader = new PlatformaticReader(options.client, options.topics);
    this.lost = new Promise((resolve) => (this.#lose = resolve));
    this.#member = group === null ? undefined : this.#newMember(group);
    this.#progress = new Progress((handled) => this.#tell(handled), positions);
    if (group !== null) positions.clear();
    this.#watch = setInterval(() => this.#assigned && this.#hasMoved() && this.#over.abort(), IDLE_MS);
  }

  /** Resolves when the group was joined. @throws what kept us from it */
  static async open(options: PlatformaticSessionOptions): Promise<PlatformaticSession> {
    const session = new PlatformaticSession(options);
    try {
      await session.#join();
    } catch (error) {
      await session.close();
      throw error;
    }
    session.#work = session.#run();
    return session;
  }

  commit(): Promise<void> {
    return this.#progress.flush();
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#member?.memberId) this.#options.member.id = this.#member.memberId;
    this.#over.abort();
    await this.#work;
    clearInterval(this.#watch);
    this.#progress.stop();
    await this.#progress.flush();
    if (this.#member) await closeConsumer(this.#member);
    await this.#reader.close();
  }

  #newMember(groupId: string): Consumer {
    const { client, protocol, sessionMs } = this.#options;
    const rebalanceTimeout = Math.max(REBALANCE_MS, sessionMs);
    const member = new Consumer({
      // Joining lasts until the others have noticed.
      ...{ ...client, groupId, requestTimeout: REBALANCE_MS + 5000 },
      ...(protocol === 'classic'
        ? { sessionTimeout: sessionMs, rebalanceTimeout, heartbeatInterval: HEARTBEAT_MS }
        : { groupProtocol: protocol, rebalanceTimeout: NEWER_REBALANCE_MS }),
    });
    member.on('error', (error: Error) => this.#lose(error));
    member.on('consumer:heartbeat:error', ({ error }) => this.#lose(error));
    member.on('consumer:group:rebalance', () => {
      // Before it joins again: while the group gathers, it still takes commits of the members it had.
      void this.#progress.flush();
      this.#over.abort();
    });
    return member;
  }

  async #join(): Promise<void> {
    const { topics, protocol, member } = this.#options;
    if (!this.#member) {
      this.#assigned = await this.#reader.everything();
      return;
    }
    this.#member.memberId = member.id;
    if (protocol === 'classic') {
      for (const topic of topics) this.#member.topics.track(topic);
      await this.#member.joinGroup();
    } else await this.#joinByStream(this.#member);
  }

  /** The library joins a group of the newer protocol for a stream only. Nobody reads from it, so it never fetches. */
  async #joinByStream(member: Consumer): Promise<void> {
    const stream = await member.consume({ topics: this.#options.topics, autocommit: false });
    stream.on('error', (error: Error) => this.#lose(error));
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closing && !this.#options.hand.closed) await this.#turn();
    } catch (error) {
      this.#lose(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #turn(): Promise<void> {
    if (this.#member && this.#hasMoved()) await this.#follow(this.#member);
    const assigned = this.#assigned ?? [];
    const { signal } = this.#over;
    const over = () => signal.aborted || this.#hasMoved();
    if (assigned.length === 0 || over()) {
      await sleep(IDLE_MS);
      return;
    }
    for (const offered of await this.#reader.read(assigned, this.#options.positions)) {
      if (over()) return;
      if (!(await this.#options.hand.take(offered, signal))) return;
      this.#done(offered);
    }
  }

  /** Whether the group has moved on since we looked. */
  #hasMoved(): boolean {
    return this.#member !== undefined && this.#member.assignments !== this.#assigned;
  }

  #done({ record: { topic }, partition, offset }: Offered): void {
    this.#progress.add({ topic, partition, offset: offset + 1n });
  }

  /**
   * Takes over what is assigned now. A partition that stays ours goes on where we are; should another have had it
   * meanwhile without our noticing, some of its records are delivered again.
   */
  async #follow(member: Consumer): Promise<void> {
    const assigned = member.assignments ?? [];
    this.#assigned = member.assignments;
    this.#over = new AbortController();
    const isOurs = ({ topic, partition }: { topic: string; partition: number }) =>
      assigned.some((each) => each.topic === topic && each.partitions.includes(partition));
    this.#progress.keepOnly(isOurs);
    const { positions } = this.#options;
    const old = new Map(positions);
    positions.clear();
    for (const [key, offset] of await this.#startOf(member, assigned))
      positions.set(key, old.get(key) ?? offset);
  }

  async #startOf(member: Consumer, assigned: GroupAssignment[]): Promise<Positions> {
    if (assigned.length === 0) return new Map();
    const committed = await member.listCommittedOffsets({ topics: assigned });
    const oldest = await this.#reader.offsets(ListOffsetTimestamps.EARLIEST);
    const start = ({ topic, partitions }: GroupAssignment) =>
      partitions.map((partition) => {
        const key = partitionKey(topic, partition);
        const offset = committed.get(topic)?.[partition] ?? -1n;
        return [key, offset >= 0n ? offset : (oldest.get(key) ?? 0n)] as const;
      });
    return new Map(assigned.flatMap(start));
  }

  async #tell(handled: Handled[]): Promise<void> {
    await this.#member?.commit({ offsets: handled.map((each) => ({ ...each, leaderEpoch: -1 })) });
  }
}
