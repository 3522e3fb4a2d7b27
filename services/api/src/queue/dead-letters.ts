import { createHash } from 'node:crypto';
import { PlatformError, type Message } from '@palimpsest/contracts';
import type { BusRecord } from '@palimpsest/platform';
import type { Selectable } from 'kysely';
import type { Database, DeadLettersTable } from '../database/schema.js';

/** A message that nobody could handle, for people: `text` where its bytes are text. */
export interface DeadLetter {
  id: string;
  topic: string;
  key: string;
  reason: string;
  receivedAt: string;
  /** How long the message was; `kept` is how much of it there still is. */
  bytes: number;
  kept: number;
  text: string | null;
}

/** What needs a look by a person: messages that could not be read, or on which a handler failed every time. */
export class DeadLetters {
  constructor(
    private readonly db: Database,
    private readonly now: () => Promise<Date>,
  ) {}

  /** Keeps one. The same message is kept once, however many processes failed on it. */
  async receive({ base64, bytes, ...letter }: Message<'task.dead'>): Promise<void> {
    const { topic } = letter;
    const [key, reason] = [textOnly(letter.key), textOnly(letter.reason)];
    const id = createHash('sha256').update(`${topic}\n${key}\n${base64}`).digest('hex').slice(0, 16);
    const received_at = await this.now();
    const length = bytes ?? Buffer.byteLength(base64, 'base64');
    await this.db
      .insertInto('dead_letters')
      .values({ ...{ id, topic, key, base64, reason, received_at }, bytes: length })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ reason, received_at }))
      .execute();
  }

  /** The newest first. */
  async list(): Promise<DeadLetter[]> {
    const rows = await this.db
      .selectFrom('dead_letters')
      .selectAll()
      .orderBy('received_at', 'desc')
      .limit(1000)
      .execute();
    return rows.map(letterOf);
  }

  /** @throws PlatformError `not-found` */
  async get(id: string): Promise<DeadLetter> {
    return letterOf(await this.#row(id));
  }

  /**
   * Sends the message again, as it was; should it die again, it comes back.
   * @throws PlatformError `not-found`, or `invalid` when it was too long to be kept whole
   */
  async replay(id: string, send: (record: BusRecord) => Promise<void>): Promise<void> {
    const { topic, key, base64, bytes, received_at } = await this.#row(id);
    const value = Buffer.from(base64, 'base64');
    if (value.length !== bytes) {
      const found = `found the first ${value.length} of them`;
      throw new PlatformError('invalid', `dead letter ${id}: expected all ${bytes} bytes, ${found}`);
    }
    await send({ topic, key, value });
    const sent = this.db.deleteFrom('dead_letters').where('id', '=', id);
    await sent.where('received_at', '=', received_at).execute();
  }

  /** @throws PlatformError `not-found` */
  async drop(id: string): Promise<void> {
    await this.#row(id);
    await this.db.deleteFrom('dead_letters').where('id', '=', id).execute();
  }

  async #row(id: string): Promise<Selectable<DeadLettersTable>> {
    const row = await this.db.selectFrom('dead_letters').selectAll().where('id', '=', id).executeTakeFirst();
    if (row) return row;
    throw new PlatformError('not-found', `dead letter ${id}: there is none of this id`);
  }
}

/** A database keeps no zero bytes in text. */
const textOnly = (text: string) => text.replaceAll('\0', '\uFFFD');

function letterOf({
  id,
  topic,
  key,
  base64,
  bytes,
  reason,
  received_at,
}: Selectable<DeadLettersTable>): DeadLetter {
  const value = Buffer.from(base64, 'base64');
  return {
    ...{ id, topic, key, reason, bytes, kept: value.length },
    receivedAt: received_at.toISOString(),
    text: textOf(value),
  };
}

function textOf(value: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value);
  } catch {
    return null;
  }
}
