import { createHash } from 'node:crypto';
import { treeListingSchema, type ArtifactRef, type TreeRef } from '@palimpsest/contracts';
import { refsIn } from '../tasks/run-task.js';
import { recordNames } from '../tasks/task-records.js';
import { overlapped } from './overlapped.js';
import type { Store } from './store.js';

/** Looked at, read or removed at once. */
const AT_ONCE = 8;

/**
 * Why nothing needs a key: no task names it (`unreferenced`), its task is done and it served the running only
 * (`finished`), it was set aside as damaged (`corrupt`), or it is part of a write that was cut off (`leftover`).
 */
export type OrphanKind = 'unreferenced' | 'finished' | 'corrupt' | 'leftover';

/** Something in the store that belongs to no task's input or output. */
export interface Orphan {
  key: string;
  kind: OrphanKind;
  bytes: number;
  /** Seconds since it was written, by the store's clock and ours. */
  ageSeconds: number;
  remove(): Promise<void>;
}

/** An artifact that a task names and the store does not have, or not as it was. */
export interface Missing {
  key: string;
  problem: 'absent' | 'damaged';
  /** The record that names it, such as `tasks/<id>/output.json`. */
  namedBy: string;
}

/** What a walk through the store has found. */
export interface StoreCheck {
  keys: number;
  tasks: number;
  orphans: Orphan[];
  missing: Missing[];
}

/** An artifact as a task names it. */
interface Named {
  ref: ArtifactRef;
  namedBy: string;
}

/**
 * Walks the whole store and changes nothing. What a task writes meanwhile may look like an orphan: its output comes last.
 * Memory grows with the number of keys, not with their bytes.
 *
 * @param options `verify` reads every artifact that is named and compares its hash
 */
export async function checkStore(
  store: Store,
  { verify = false, now = Date.now }: { verify?: boolean; now?: () => number } = {},
): Promise<StoreCheck> {
  const { named, finished, tasks } = await namedByTasks(store);
  const absent = new Set(named.keys());
  const orphans: Orphan[] = [];
  let keys = 0;
  await overlapped(store.list(''), AT_ONCE, async (key) => {
    keys++;
    if (absent.delete(key)) return;
    const kind = orphanKindOf(key, finished);
    const entry = kind && (await store.stat(key));
    if (entry) orphans.push(orphanOf(entry, kind, now(), () => store.deleteRecord(key)));
  });
  for await (const left of store.leftovers())
    orphans.push(orphanOf(left, 'leftover', now(), () => left.remove()));
  const missing = [...absent].map((key) => problemOf('absent', key, named));
  const damaged = verify ? await damagedOf(store, named, absent) : [];
  orphans.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { keys, tasks, orphans, missing: [...missing, ...damaged] };
}

/**
 * Removes those orphans that are older than that and still belong to nothing. Nothing is lost by it that a task does
 * not make again: one that finds an artifact of its output gone runs once more.
 *
 * @returns what was removed
 */
export async function removeOrphans(
  store: Store,
  orphans: readonly Orphan[],
  olderThanSeconds: number,
): Promise<Orphan[]> {
  const { named } = await namedByTasks(store);
  const old = orphans.filter(({ key, ageSeconds }) => ageSeconds >= olderThanSeconds && !named.has(key));
  await overlapped(old, AT_ONCE, (orphan) => orphan.remove());
  return old;
}

function orphanOf(
  { key, bytes, modified }: { key: string; bytes: number; modified: Date },
  kind: OrphanKind,
  now: number,
  remove: () => Promise<void>,
): Orphan {
  return { key, kind, bytes, ageSeconds: Math.max(0, (now - modified.getTime()) / 1000), remove };
}

const problemOf = (problem: Missing['problem'], key: string, named: Map<string, Named>): Missing => ({
  key,
  problem,
  namedBy: named.get(key)?.namedBy ?? '',
});

const recordOf = /^tasks\/([^/]+)\/([^/]+)$/;
const records: readonly string[] = recordNames;

/** @returns undefined for what belongs to a task */
function orphanKindOf(key: string, finished: ReadonlySet<string>): OrphanKind | undefined {
  if (key.startsWith('corrupt/')) return 'corrupt';
  // What ingestion remembers of files that it has read, for whoever reads them again.
  if (key.startsWith('ingest/')) return undefined;
  const [, task = '', record = ''] = recordOf.exec(key) ?? [];
  if (!records.includes(record)) return 'unreferenced';
  if (record === 'input.json' || record === 'output.json') return undefined;
  return finished.has(task) ? 'finished' : undefined;
}

interface NamedByTasks {
  named: Map<string, Named>;
  finished: Set<string>;
  tasks: number;
}

async function namedByTasks(store: Store): Promise<NamedByTasks> {
  const named = new Map<string, Named>();
  const finished = new Set<string>();
  const all = new Set<string>();
  await overlapped(store.list('tasks/'), AT_ONCE, async (key) => {
    const [, task = '', record] = recordOf.exec(key) ?? [];
    all.add(task);
    if (record === 'output.json') finished.add(task);
    if (record !== 'output.json' && record !== 'input.json') return;
    const value = parsedJson(await store.readRecord(key));
    for (const ref of refsIn(value)) await addNamed(store, ref, key, named);
  });
  return { named, finished, tasks: all.size };
}

async function addNamed(
  store: Store,
  ref: ArtifactRef | TreeRef,
  namedBy: string,
  named: Map<string, Named>,
): Promise<void> {
  if ('key' in ref) return void named.set(ref.key, { ref, namedBy });
  if (named.has(ref.listing.key)) return;
  named.set(ref.listing.key, { ref: ref.listing, namedBy });
  const listing = treeListingSchema.safeParse(parsedJson(await store.readRecord(ref.listing.key)));
  for (const file of Object.values(listing.data?.files ?? {})) named.set(file.key, { ref: file, namedBy });
}

/** Of all that is named and there. */
async function damagedOf(
  store: Store,
  named: Map<string, Named>,
  absent: ReadonlySet<string>,
): Promise<Missing[]> {
  const damaged: Missing[] = [];
  const there = [...named.values()].filter(({ ref }) => !absent.has(ref.key));
  await overlapped(there, AT_ONCE, async ({ ref }) => {
    const bytes = await store.readRecord(ref.key);
    const whole = bytes?.length === ref.bytes && hashOf(bytes) === ref.sha256;
    if (!whole) damaged.push(problemOf(bytes ? 'damaged' : 'absent', ref.key, named));
  });
  return damaged.sort((a, b) => (a.key < b.key ? -1 : 1));
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function parsedJson(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
