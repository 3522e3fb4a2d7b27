import type { StudySummary, StudyView } from '@palimpsest/api';
import { PlatformError } from '@palimpsest/contracts';
import type { CommonOptions } from '../options.js';
import { print, printJson } from '../streams.js';
import { duration, table } from '../text.js';
import { ApiClient } from './api-client.js';
import { countsLine } from './progress-text.js';

/** Where studies are read from. */
interface Source {
  list(): Promise<StudySummary[]>;
  get(id: string): Promise<StudyView>;
}

/** Prints all studies, the newest first. */
export async function studyList(options: CommonOptions): Promise<void> {
  await withSource(options, async (source) => {
    const studies = await source.list();
    const rows = studies.map(({ id, name, status, createdAt }) => [id.slice(0, 8), name, status, createdAt]);
    if (options.json) printJson(studies);
    else print(rows.length > 0 ? table(['id', 'name', 'status', 'since'], rows) : 'no studies yet');
  });
}

/** Prints where one study stands. @throws PlatformError `not-found`, or `conflict` when the name is not enough */
export async function studyStatus(which: string, options: CommonOptions): Promise<void> {
  await withSource(options, async (source) => {
    const view = await source.get(pick(await source.list(), which).id);
    if (options.json) printJson(view);
    else print(statusText(view));
  });
}

function statusText(view: StudyView): string {
  return [
    `${view.name} (${view.id}): ${view.status}`,
    countsLine(view),
    ...view.running.map(({ key, done, message }) => `  ${key}  ${message ?? `${Math.round(100 * done)} %`}`),
    ...(view.etaSeconds === null ? [] : [`about ${duration(view.etaSeconds)} left`]),
    ...view.failures.map(({ key, taskId, message }) => `  ${key} (task ${taskId}): ${message}`),
  ].join('\n');
}

async function withSource(options: CommonOptions, use: (source: Source) => Promise<void>): Promise<void> {
  if (options.server !== undefined) return use(new ApiClient(options.server));
  const [{ openStudies }, { loadConfig }] = await Promise.all([
    import('@palimpsest/api'),
    import('@palimpsest/platform'),
  ]);
  const { views, close } = await openStudies(loadConfig());
  try {
    await use(views);
  } finally {
    await close();
  }
}

function pick(studies: StudySummary[], which: string): StudySummary {
  const exact = studies.filter(({ id, name }) => id === which || name === which);
  const found = exact.length > 0 ? exact : studies.filter(({ id }) => id.startsWith(which));
  const [first, second] = found;
  if (!first) throw new PlatformError('not-found', `study ${which}: there is none of this name or id`);
  if (!second) return first;
  const ids = found.map(({ id, createdAt }) => `${id.slice(0, 8)} (${createdAt})`).join(', ');
  throw new PlatformError('conflict', `study ${which}: several have this name; say which by its id: ${ids}`);
}
