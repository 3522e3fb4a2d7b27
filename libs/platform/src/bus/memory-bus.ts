import { randomUUID } from 'node:crypto';
import { PlatformError } from '@palimpsest/contracts';
import type { BusDriver, BusRecord, Lag, Subscription } from './bus.js';

const REDELIVERY_MS = 20;
/** Before the name of a group of one, which nobody else knows. */
const BROADCAST = 'broadcast ';

type Handle = (record: BusRecord) => Promise<void>;

/**
 * A broker in this process. Like a real one it copies, delivers later and never inside `publish`, and keeps the
 * messages of a topic that no group has subscribed to yet for the first that does.
 */
export class MemoryBus implements BusDriver {
  readonly durable = false;
  readonly #groups = new Map<string, Group>();
  readonly #unclaimed = new Map<string, BusRecord[]>();
  #closed = false;

  publish(record: BusRecord): Promise<void> {
    if (this.#closed) return Promise.reject(closed());
    const groups = [...this.#groups.values()].filter((group) => group.topics.has(record.topic));
    for (const group of groups) group.add(copyOf(record));
    if (groups.length === 0) this.#keep(copyOf(record));
    return Promise.resolve();
  }

  subscribe(topics: string[], name: string | null, handle: Handle): Promise<Subscription> {
    const group = this.#groups.get(name ?? '') ?? new Group();
    this.#groups.set(name ?? `${BROADCAST}${randomUUID()}`, group);
    for (const topic of topics) {
      group.topics.add(topic);
      if (name === null) continue;
      for (const record of this.#unclaimed.get(topic) ?? []) group.add(record);
      this.#unclaimed.delete(topic);
    }
    return Promise.resolve(group.join(new Set(topics), handle));
  }

  lag(): Promise<Lag[]> {
    const shared = [...this.#groups].filter(([name]) => !name.startsWith(BROADCAST));
    const lags = shared.flatMap(([group, { topics, waiting }]) =>
      [...topics].map((topic) => ({ topic, group, records: waiting(topic) })),
    );
    return Promise.resolve(lags);
  }

  ping(): Promise<void> {
    return this.#closed ? Promise.reject(closed()) : Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#groups.values()].map((group) => group.close()));
  }

  #keep(record: BusRecord): void {
    const kept = this.#unclaimed.get(record.topic) ?? [];
    kept.push(record);
    this.#unclaimed.set(record.topic, kept);
  }
}

const closed = () => new PlatformError('unavailable', 'the bus is closed');
const copyOf = (record: BusRecord): BusRecord => ({ ...record, value: Uint8Array.from(record.value) });
const orderOf = ({ topic, key }: BusRecord) => `${topic} ${key}`;

/** One queue, and whoever takes from it. */
class Group {
  readonly topics = new Set<string>();
  readonly #queue: BusRecord[] = [];
  readonly #busy = new Set<string>();
  readonly #members = new Set<Member>();

  readonly waiting = (topic: string): number => this.#queue.filter((record) => record.topic === topic).length;

  add(record: BusRecord): void {
    this.#queue.push(record);
    this.#wake();
  }

  join(topics: Set<string>, handle: Handle): Subscription {
    const member = new Member(this, topics, handle);
    this.#members.add(member);
    member.wake();
    return member;
  }

  leave(member: Member): void {
    this.#members.delete(member);
  }

  /** The oldest record of the topics whose key nobody is handling. */
  take(topics: Set<string>): BusRecord | undefined {
    const at = this.#queue.findIndex((each) => topics.has(each.topic) && !this.#busy.has(orderOf(each)));
    const [record] = at < 0 ? [] : this.#queue.splice(at, 1);
    if (record) this.#busy.add(orderOf(record));
    return record;
  }

  done(record: BusRecord): void {
    this.#busy.delete(orderOf(record));
    this.#wake();
  }

  putBack(record: BusRecord): void {
    this.#queue.unshift(record);
    this.done(record);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#members].map((member) => member.close()));
  }

  #wake(): void {
    for (const member of this.#members) member.wake();
  }
}

/** Takes one record at a time. */
class Member implements Subscription {
  #paused = false;
  #closed = false;
  #work: Promise<void> | undefined;

  constructor(
    private readonly group: Group,
    private readonly topics: Set<string>,
    private readonly handle: Handle,
  ) {}

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.group.leave(this);
    await this.#work;
  }

  wake(): void {
    if (this.#paused || this.#closed || this.#work) return;
    const record = this.group.take(this.topics);
    if (!record) return;
    this.#work = this.#deliver(record).finally(() => {
      this.#work = undefined;
      this.wake();
    });
  }

  async #deliver(record: BusRecord): Promise<void> {
    await new Promise(setImmediate);
    try {
      await this.handle(copyOf(record));
      this.group.done(record);
    } catch {
      await new Promise((resume) => setTimeout(resume, REDELIVERY_MS));
      this.group.putBack(record);
    }
  }
}
