import type { DeadLetter } from '@palimpsest/api';
import { PlatformError } from '@palimpsest/contracts';
import type { CommonOptions } from '../options.js';
import { print, printJson } from '../streams.js';
import { bytes, table } from '../text.js';
import { ApiClient } from './api-client.js';

/** Where dead letters are kept. */
interface Source {
  list(): Promise<DeadLetter[]>;
  get(id: string): Promise<DeadLetter>;
  replay(id: string): Promise<void>;
  drop(id: string): Promise<void>;
}

/** Prints all, the newest first. */
export async function listDead(options: CommonOptions): Promise<void> {
  await withSource(options, async (source) => {
    const letters = await source.list();
    const rows = letters.map(({ id, topic, receivedAt, reason }) => [id, topic, receivedAt, oneLine(reason)]);
    if (options.json) printJson(letters);
    else print(rows.length > 0 ? table(['id', 'topic', 'since', 'reason'], rows) : 'no dead letters');
  });
}

/** Prints one with its content. @throws PlatformError `not-found` */
export async function showDead(id: string, options: CommonOptions): Promise<void> {
  await withSource(options, async (source) => {
    const letter = await source.get(id);
    if (options.json) printJson(letter);
    else print(letterText(letter));
  });
}

function letterText({ id, topic, key, reason, receivedAt, text, kept, bytes: all }: DeadLetter): string {
  const size = kept < all ? `${bytes(all)}, of which the first are here` : bytes(all);
  const head = `${id}: ${topic}, key "${key}", ${size}, since ${receivedAt}`;
  return [head, reason, '', text ?? '(no text)'].join('\n');
}

/** Sends letters again, or drops them. @throws PlatformError `not-found`, and `invalid` when none is named */
export async function eachDead(
  what: 'replay' | 'drop',
  ids: readonly string[],
  options: CommonOptions & { all?: boolean },
): Promise<void> {
  if (ids.length === 0 && options.all !== true)
    throw new PlatformError('invalid', `dead ${what}: expected the id of a letter, or --all, found neither`);
  await withSource(options, async (source) => {
    const chosen = options.all === true ? (await source.list()).map(({ id }) => id) : ids;
    for (const id of chosen) await source[what](id);
    if (options.json) printJson({ [what]: chosen });
    else print(`${what === 'replay' ? 'sent again' : 'dropped'}: ${chosen.length}`);
  });
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, 100);

async function withSource(options: CommonOptions, use: (source: Source) => Promise<void>): Promise<void> {
  if (options.server !== undefined) return use(new ApiClient(options.server).dead);
  const [{ openStudies }, { loadConfig }] = await Promise.all([
    import('@palimpsest/api'),
    import('@palimpsest/platform'),
  ]);
  const { deadLetters, close } = await openStudies(loadConfig());
  const replay = (id: string) => {
    const message = `dead letter ${id}: to be sent again it needs a running api: expected --server <url>`;
    return Promise.reject(new PlatformError('invalid', message));
  };
  try {
    await use({
      list: () => deadLetters.list(),
      get: (id) => deadLetters.get(id),
      replay,
      drop: (id) => deadLetters.drop(id),
    });
  } finally {
    await close();
  }
}
