import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { Subscription } from '../bus.js';
import type { Hand } from './hand.js';
import type { Session } from './kafka-client.js';

const RESTS_MS = [100, 250, 500, 1000];

/** Keeps a hand supplied: whenever the session with the broker ends, it opens another, for ever. */
export class KafkaSubscription implements Subscription {
  readonly #hand: Hand;
  readonly #open: () => Promise<Session>;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  #session: Session;
  #running: Promise<void>;

  private constructor(options: { hand: Hand; open: () => Promise<Session>; log: Logger }, session: Session) {
    this.#hand = options.hand;
    this.#open = options.open;
    this.#log = options.log;
    this.#session = session;
    this.#running = this.#keepOpen();
  }

  /** @param options.open rejects where the first session cannot be opened, and so does this */
  static async start(options: {
    hand: Hand;
    open: () => Promise<Session>;
    log: Logger;
  }): Promise<KafkaSubscription> {
    return new KafkaSubscription(options, await options.open());
  }

  pause(): void {
    this.#hand.pause();
  }

  resume(): void {
    this.#hand.resume();
  }

  /** Tells the broker what was handled so far. */
  commit(): Promise<void> {
    return this.#session.commit();
  }

  async close(): Promise<void> {
    await this.#hand.close();
    this.#closing.abort();
    await this.#running;
  }

  async #keepOpen(): Promise<void> {
    const closing = new Promise<undefined>((resolve) =>
      this.#closing.signal.addEventListener('abort', () => resolve(undefined)),
    );
    for (;;) {
      const lost = await Promise.race([closing, this.#session.lost]);
      await this.#session.close();
      if (lost === undefined) return;
      this.#log.warn({ err: messageOf(lost) }, 'lost the broker, connecting again until it is there');
      if (!(await this.#reopen())) return;
      this.#log.info('the broker is back');
    }
  }

  /** @returns false when closed meanwhile */
  async #reopen(): Promise<boolean> {
    const { signal } = this.#closing;
    for (let tried = 0; ; tried++) {
      const ms = RESTS_MS[tried] ?? RESTS_MS.at(-1);
      if (await sleep(ms, false, { signal }).catch(() => true)) return false;
      try {
        this.#session = await this.#open();
        return true;
      } catch (error) {
        this.#log.debug({ err: messageOf(error) }, 'the broker is still away');
      }
    }
  }
}
