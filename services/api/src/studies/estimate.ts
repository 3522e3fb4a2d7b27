import type { About, PlanNode } from '../plan/node.js';

/** A node with what is known of its time. */
export interface Timed {
  node: PlanNode;
  /** Share that is done, in [0, 1]; 1 for a node that will not run again. */
  done: number;
  /** What it took, when it ran. */
  seconds: number | null;
}

/**
 * Seconds until everything is done, if `parallel` tasks run at once.
 *
 * What similar tasks took (same kind and target) counts most; where none has run, the plan's estimate is corrected by
 * how wrong it was for other tasks of that kind. Never less than the longest single task that is left.
 */
export function remainingSeconds(timed: readonly Timed[], parallel: number): number {
  const similar = meanBy(timed, groupOf, ({ seconds }) => seconds);
  const correction = meanBy(
    timed,
    ({ node }) => node.kind,
    ({ node, seconds }) => seconds !== null && seconds / node.estimate.seconds,
  );
  const left = timed
    .filter(({ done }) => done < 1)
    .map((t) => {
      const expected =
        similar.get(groupOf(t)) ?? t.node.estimate.seconds * (correction.get(t.node.kind) ?? 1);
      return expected * (1 - t.done);
    });
  const sum = left.reduce((total, seconds) => total + seconds, 0);
  return Math.max(sum / Math.max(1, parallel), ...left, 0);
}

const groupOf = ({ node }: Timed) => [node.kind, ...subjectOf(node.about)].join('/');

function subjectOf(about: About): string[] {
  switch (about.kind) {
    case 'train':
      return [about.target, about.strategy, ...(about.shots === undefined ? [] : [String(about.shots)])];
    case 'extract':
    case 'compare':
      return [about.target];
    case 'ingest':
      return [about.name];
    case 'pretrain':
    case 'import':
      return [about.source];
    case 'report':
      return [];
  }
}

function meanBy(
  timed: readonly Timed[],
  group: (t: Timed) => string,
  value: (t: Timed) => number | null | false,
): Map<string, number> {
  const sums = new Map<string, { sum: number; n: number }>();
  for (const t of timed) {
    const v = value(t);
    if (typeof v !== 'number') continue;
    const { sum, n } = sums.get(group(t)) ?? { sum: 0, n: 0 };
    sums.set(group(t), { sum: sum + v, n: n + 1 });
  }
  return new Map([...sums].map(([key, { sum, n }]) => [key, sum / n]));
}
