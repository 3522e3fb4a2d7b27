import { PlatformError } from '@palimpsest/contracts';
import type { BusDriver, BusRecord, Lag, Subscription } from './bus.js';

const REDELIVERY_MS = 20;
/** Of a topic that no group hears, so many of the latest records are kept. */
const MOST_UNCLAIMED = 10_000;

type Handle = (record: BusRecord) => Promise<void>;

/**
 * A broker in this process. Like a real one it copies, delivers later and never inside `publish`, and keeps the
 * messages of a topic that no group has subscribed to yet for the first that does.
 */
export class MemoryBus implements BusDriver {
  readonly durable = false;
  readonly #groups = new Map<string, Group>();
  /** One for each subscriber without a group, as long as it is there. */
  readonly #alone = new Set<Group>();
  readonly #unclaimed = new Map<string, BusRecord[]>();
  #closed = false;

  publish(record: BusRecord): Promise<void> {
    if (this.#closed) return Promise.reject(closed());
    const hears = ({ topics }: Group) => topics.has(record.topic);
    const groups = [...this.#groups.values()].filter(hears);
    for (const group of [...groups, ...[...this.#alone].filter(hears)]) group.add(copyOf(record));
    if (groups.length === 0) this.#keep(copyOf(record));
    return Promise.resolve();
  }

  subscribe(topics: string[], name: string | null, handle: Handle): Promise<Subscription> {
    if (this.#closed) return Promise.reject(closed());
    return Promise.resolve(
      name === null ? this.#joinAlone(topics, handle) : this.#join(topics, name, handle),
    );
  }

  lag(): Promise<Lag[]> {
    const lags = [...this.#groups].flatMap(([group, { topics, unhandled }]) =>
      [...topics].map((topic) => ({ topic, group, records: unhandled(topic) })),
    );
    return Promise.resolve(lags);
  }

  ping(): Promise<void> {
    return this.#closed ? Promise.reject(closed()) : Promise.resolve();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#groups.values(), ...this.#alone].map((group) => group.close()));
  }

  #join(topics: string[], name: string, handle: Handle): Subscription {
    const group = this.#groups.get(name) ?? new Group();
    this.#groups.set(name, group);
    for (const topic of topics) {
      group.topics.add(topic);
      for (const record of this.#unclaimed.get(topic) ?? []) group.add(record);
      this.#unclaimed.delete(topic);
    }
    return group.join(new Set(topics), handle);
  }

  #joinAlone(topics: string[], handle: Handle): Subscription {
    const group = new Group(topics);
    this.#alone.add(group);
    const member = group.join(new Set(topics), handle);
    return {
      pause: () => member.pause(),
      resume: () => member.resume(),
      close: () => {
        this.#alone.delete(group);
        return member.close();
      },
    };
  }

  #keep(record: BusRecord): void {
    const kept = this.#unclaimed.get(record.topic) ?? [];
    kept.push(record);
    if (kept.length > MOST_UNCLAIMED) kept.shift();
    this.#unclaimed.set(record.topic, kept);
  }
}

const closed = () => new PlatformError('unavailable', 'the bus is closed');
const copyOf = (record: BusRecord): BusRecord => ({ ...record, value: Uint8Array.from(record.value) });
const orderOf = ({ topic, key }: BusRecord) => `${topic} ${key}`;

/** One queue, and whoever takes from it. */
class Group {
  readonly topics: Set<string>;
  readonly #queue: BusRecord[] = [];
  readonly #busy = new Map<string, BusRecord>();
  readonly #members = new Set<Member>();

  constructor(topics: string[] = []) {
    this.topics = new Set(topics);
  }

  readonly unhandled = (topic: string): number =>
    [...this.#queue, ...this.#busy.values()].filter((record) => record.topic === topic).length;

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
    if (record) this.#busy.set(orderOf(record), record);
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
