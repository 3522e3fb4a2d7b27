import { checkStore, createStore, loadConfig, removeOrphans, type StoreCheck } from '@palimpsest/platform';
import type { StoreCheckOptions } from '../commands/store.js';
import { exitCodes } from '../exit-codes.js';
import { print, printJson } from '../streams.js';
import { bytes, duration, table } from '../text.js';

/** Walks the store and says what it found. @returns the exit code: 1 when something is missing or damaged */
export async function storeCheck({
  verify,
  deleteOrphans,
  olderThan,
  json,
}: StoreCheckOptions): Promise<number> {
  const store = createStore(loadConfig());
  await store.ping();
  const found = await checkStore(store, { verify: verify ?? false });
  const removed = deleteOrphans ? await removeOrphans(store, found.orphans, olderThan * 60) : [];
  const gone = new Set(removed.map(({ key }) => key));
  if (json) printJson(asJson(found, gone));
  else print(asText(found, gone));
  return found.missing.length > 0 ? exitCodes.bug : exitCodes.ok;
}

const asJson = ({ keys, tasks, orphans, missing }: StoreCheck, gone: ReadonlySet<string>) => ({
  keys,
  tasks,
  orphans: orphans.map(({ key, kind, bytes, ageSeconds }) => ({
    key,
    kind,
    bytes,
    ageSeconds: Math.round(ageSeconds),
    deleted: gone.has(key),
  })),
  missing,
});

function asText({ keys, tasks, orphans, missing }: StoreCheck, gone: ReadonlySet<string>): string {
  const size = orphans.reduce((sum, orphan) => sum + orphan.bytes, 0);
  const summary =
    `${keys} keys, ${tasks} tasks; ${orphans.length} keys (${bytes(size)}) belong to no task, ` +
    `${gone.size} of them deleted; ${missing.length} missing or damaged`;
  const orphanRows = orphans.map(({ key, kind, bytes: count, ageSeconds }) => [
    gone.has(key) ? `${kind}, deleted` : kind,
    bytes(count),
    duration(ageSeconds),
    key,
  ]);
  const missingRows = missing.map(({ key, problem, namedBy }) => [problem, key, namedBy]);
  const parts = [
    orphanRows.length > 0 ? table(['belongs to no task', 'size', 'age', 'key'], orphanRows) : '',
    missingRows.length > 0 ? table(['problem', 'key', 'named by'], missingRows) : '',
    summary,
  ];
  return parts.filter(Boolean).join('\n\n');
}
