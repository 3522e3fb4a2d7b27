import type { Slope } from '../statistics/gain.js';
import { groupBy } from '../group-by.js';
import type { Finding } from './finding.js';

/** Whether starts that changed less gained more or less. */
export function gainFindings(slopes: readonly Slope[]): Finding[] {
  return [...groupBy(slopes, ({ source }) => source)].map(([source, layers]) => ({
    about: source,
    text: sentence(layers),
  }));
}

function sentence(layers: readonly Slope[]): string {
  const falling = layers.filter(({ line }) => line.slope < 0).length;
  const head = `the line falls (more reuse, less gain) in ${falling} of ${layers.length} layers`;
  const points = `The interval over points excludes 0 in ${layers.filter((s) => excludes(s.overPoints)).length}`;
  const targets = layers.flatMap(({ overTargets }) => (overTargets ? [overTargets] : []));
  if (targets.length === 0) {
    return `${head}. ${points}, but points of one target are not independent, and there are too few targets to resample them.`;
  }
  return `${head}. ${points}; the interval over targets, the honest one, in ${targets.filter(excludes).length}.`;
}

/** The same over all sources, in a sentence or none. */
export function gainInShort(slopes: readonly Slope[]): string[] {
  if (slopes.length === 0) return [];
  const falling = slopes.filter(({ line }) => line.slope < 0).length;
  const intervals = slopes.flatMap(({ overTargets }) => (overTargets ? [overTargets] : []));
  const certainty =
    intervals.length === 0
      ? 'but there are too few targets to say with what certainty'
      : `and with targets resampled ${intervals.filter(excludes).length} of ${intervals.length} intervals exclude 0`;
  return [
    `Gain falls as similarity rises in ${falling} of ${slopes.length} lines, one for each source and layer, ${certainty}.`,
  ];
}

const excludes = ({ low, high }: { low: number; high: number }) => low > 0 || high < 0;
