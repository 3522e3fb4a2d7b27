import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { KubernetesApi, Watchable, WatchedResource } from './kubernetes-api.js';

const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/** What a mirror is made of. */
export interface MirrorParts<R extends WatchedResource> {
  api: Pick<KubernetesApi, 'list' | 'watch'>;
  resource: R;
  labelSelector: string;
  log: Logger;
}

/**
 * All objects of a kind that have some labels, as the API server told of them last: listed, then watched for a minute,
 * then listed again. So a watch that drops, or that tells not all, is made good; while no server answers, what was
 * known stays.
 */
export class Mirror<R extends WatchedResource> {
  readonly #parts: MirrorParts<R>;
  readonly #stop = new AbortController();
  #objects = new Map<string, Watchable[R]>();
  #listedAt = -Infinity;
  #denied: PlatformError | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: MirrorParts<R>) {
    this.#parts = parts;
  }

  /** Begins; a second time does nothing. */
  start(): void {
    this.#running ??= this.#keepUp();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** @throws PlatformError `denied` where it was never allowed to look */
  get objects(): ReadonlyMap<string, Watchable[R]> {
    if (this.#denied) throw this.#denied;
    return this.#objects;
  }

  /** When the list was asked for that all is known since, by `performance.now()`. */
  get listedAt(): number {
    return this.#listedAt;
  }

  async #keepUp(): Promise<void> {
    const { signal } = this.#stop;
    let pauseMs = SHORTEST_PAUSE_MS;
    while (!signal.aborted) {
      pauseMs = (await this.#round()) ? SHORTEST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns whether all went well */
  async #round(): Promise<boolean> {
    const { resource, log } = this.#parts;
    try {
      await this.#follow();
      return true;
    } catch (error) {
      if (this.#stop.signal.aborted) return true;
      log.warn({ err: error, resource }, 'cannot see what becomes of jobs; trying again');
      const unseen = this.#listedAt === -Infinity || this.#denied !== undefined;
      if (unseen && error instanceof PlatformError && error.code === 'denied') this.#denied = error;
      return false;
    }
  }

  async #follow(): Promise<void> {
    const { api, resource, labelSelector } = this.#parts;
    const { signal } = this.#stop;
    const askedAt = performance.now();
    const { items, version } = await api.list(resource, labelSelector, signal);
    const changes = await api.watch(resource, { labelSelector, version }, signal);
    this.#objects = new Map(items.map((item) => [item.metadata?.name ?? '', item]));
    this.#listedAt = askedAt;
    this.#denied = undefined;
    for await (const { type, object } of changes) {
      const name = object.metadata?.name ?? '';
      // What is too old to go on from is listed again.
      if (type === 'ERROR') return;
      if (type === 'DELETED') this.#objects.delete(name);
      else if (type !== 'BOOKMARK') this.#objects.set(name, object);
    }
  }
}
