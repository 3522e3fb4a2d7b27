import type { TaskKind } from '@palimpsest/contracts';
import { exitCodes as endings, runWork } from '@palimpsest/platform/work';
import { exitCodes } from '../exit-codes.js';
import { serviceNames, services, type Service } from '../services.js';

/**
 * Runs one task, of several the one that `runWork` says, and leaves with its exit code, whatever native threads it left
 * behind. Only the service that runs tasks of this kind is loaded: this is how every job starts.
 */
export async function workOn(kind: TaskKind, taskIds: readonly string[]): Promise<never> {
  const all: Service[] = serviceNames.map((name) => services[name]);
  const definitions = (await all.find(({ kinds }) => kinds.includes(kind))?.definitions()) ?? [];
  const code = await runWork(definitions, [kind, ...taskIds]);
  process.exit(code === endings.unavailable ? exitCodes.unavailable : code);
}
