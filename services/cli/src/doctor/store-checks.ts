import { PlatformError } from '@palimpsest/contracts';
import { createStore, type Config, type Store } from '@palimpsest/platform';
import { randomUUID } from 'node:crypto';
import { safe, type Check } from './check.js';
import { skewFinding } from './skew.js';

/** The store that `STORE_URL` names: writes, reads, lists and deletes; what kind it is, and its clock. */
export function storeChecks(config: Config): Check[] {
  const probe: Check = {
    thing: 'store',
    advice: 'see STORE_URL',
    run: async () => `${safe(config.STORE_URL)}: ${await writeReadDelete(createStore(config))}`,
  };
  const endpoint = endpointOf(config.STORE_URL);
  if (endpoint === undefined) return [probe];
  const advice = 'see the endpoint in STORE_URL';
  return [
    probe,
    { thing: 'store: kind', advice, run: () => kindOf(endpoint) },
    { thing: 'store: clock', advice, run: () => clockOf(endpoint) },
  ];
}

/** Leaves nothing behind. @throws PlatformError naming what it may not do */
export async function writeReadDelete(store: Store): Promise<string> {
  const key = `doctor/${randomUUID()}`;
  const bytes = new TextEncoder().encode(key);
  await store.writeRecord(key, bytes);
  try {
    const read = await store.readRecord(key);
    if (!read || Buffer.compare(read, bytes) !== 0) {
      throw new PlatformError('corrupt', `store: ${key} is not what was written`);
    }
    const listed: string[] = [];
    for await (const found of store.list('doctor/')) listed.push(found);
    if (!listed.includes(key)) throw new PlatformError('corrupt', `store: ${key} is not listed`);
  } finally {
    await store.deleteRecord(key);
  }
  if (await store.readRecord(key))
    throw new PlatformError('corrupt', `store: ${key} is there after deleting`);
  return 'writes, reads, lists and deletes';
}

function endpointOf(url: string): string | undefined {
  if (!url.startsWith('s3:')) return undefined;
  return new URL(url).searchParams.get('endpoint') ?? undefined;
}

async function ask(endpoint: string): Promise<Response> {
  try {
    return await fetch(endpoint, { method: 'HEAD', redirect: 'manual' });
  } catch (cause) {
    throw new PlatformError('unavailable', `${safe(endpoint)}: no answer`, { cause });
  }
}

/** Whatever it answers to a stranger, it says what it is. */
async function kindOf(endpoint: string): Promise<string> {
  return (await ask(endpoint)).headers.get('server') ?? 'it does not say';
}

async function clockOf(endpoint: string): Promise<ReturnType<typeof skewFinding>> {
  const before = Date.now();
  const date = (await ask(endpoint)).headers.get('date');
  if (date === null) return { verdict: 'warn', found: 'it does not say what time it is' };
  return skewFinding(new Date(date), { before, after: Date.now(), resolutionMs: 1000 });
}
