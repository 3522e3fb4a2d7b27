import type { StudyView } from '@palimpsest/api';
import { duration } from '../text.js';

/** Where a study stands, in one line: `ingest 4/4 · train 12/52 · …`. */
export function countsLine({ counts }: StudyView): string {
  return Object.entries(counts)
    .map(([kind, count]) => {
      const total = Object.values(count).reduce((sum, n) => sum + n, 0);
      return `${kind} ${count.done}/${total}${count.failed > 0 ? ` (${count.failed} failed)` : ''}`;
    })
    .join(' · ');
}

/** `1 min 10 s so far, about 3 min left`. */
export function timeLine({ etaSeconds }: StudyView, elapsedSeconds: number): string {
  const left = etaSeconds === null ? '' : `, about ${duration(etaSeconds)} left`;
  return `${duration(elapsedSeconds)} so far${left}`;
}

const shownTasks = 4;

/** The lines that stand on a terminal: counts, what is being done, time. */
export function liveLines(view: StudyView, elapsedSeconds: number, columns: number): string[] {
  const tasks = view.running.slice(0, shownTasks).map(({ key, done, message }) => {
    return `  ${key}  ${message ?? `${Math.round(100 * done)} %`}`;
  });
  const more = view.running.length - tasks.length;
  const lines = [
    countsLine(view),
    ...tasks,
    ...(more > 0 ? [`  and ${more} more`] : []),
    timeLine(view, elapsedSeconds),
  ];
  return lines.map((line) => (line.length < columns ? line : `${line.slice(0, columns - 2)}…`));
}

/** Where a study stands, for a log: one line. */
export const plainLine = (view: StudyView, elapsedSeconds: number): string =>
  `${countsLine(view)} · ${timeLine(view, elapsedSeconds)}`;
