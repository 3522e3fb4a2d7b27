import type { Strategy } from '@palimpsest/contracts';
import { counted, hundredfold, hundredfoldSd, listed, pValue, range, signed } from '../numbers.js';
import type { AucDifference, AucSummary, OverallDifference } from '../statistics/auc.js';
import { aucSummaries, overallDifferences, sourceDifferences } from '../statistics/auc.js';
import { frozenWords } from '../stage-words.js';
import { isRandom, mainStrategy, strategyFor, type View } from '../view.js';
import { strategyWords } from '../words.js';
import type { Finding } from './finding.js';

/** Which start wins on each target and over all of them. */
export function aucFindings(view: View, summaries: readonly AucSummary[]): Finding[] {
  const strategies = [
    mainStrategy(view.study),
    ...view.study.strategies.filter((s) => s !== mainStrategy(view.study)),
  ];
  const found = strategies.flatMap((strategy) => {
    const differences = sourceDifferences(view, strategy);
    const words = strategies.length > 1 ? `, ${strategyWords(view.study, strategy)}` : '';
    const targets = view.targets.map((target) => ({
      about: `${target}${words}`,
      text: targetSentence(view, { target, strategy, summaries, differences }),
    }));
    return [...targets, { about: `all targets${words}`, text: overallSentence(view, differences) }];
  });
  return [...found, ...frozenInPart(view).map((text) => ({ about: 'not trained alike', text }))];
}

/** That a random start was trained whole where others were not, in a sentence or none. */
export function frozenInPart({ study, sources }: View): string[] {
  const frozen = frozenWords(study.training.finetune);
  const [random, others] = [true, false].map((is) => sources.filter((s) => isRandom(study, s) === is));
  if (!frozen || !random?.length || !others?.length) return [];
  return [
    `${listed(random)} ${random.length === 1 ? 'was' : 'were'} trained whole, ${listed(others)} in part (${frozen}): what tells them apart is the start and the freezing together.`,
  ];
}

/** Which start wins on each target after a few training images, by the number of the study's `training.shots`. */
export function sizeFindings(view: View): Finding[] {
  return (view.study.training.shots ?? []).flatMap((shots) => {
    const few = { ...view, arms: view.shotsArms.filter((arm) => arm.shots === shots) };
    const differences = sourceDifferences(few, 'finetune');
    const on = { strategy: 'finetune', summaries: aucSummaries(few), differences } as const;
    return view.targets.map((target) => ({
      about: `${target}, ${counted(shots, 'image')} of each class`,
      text: targetSentence(few, { target, ...on }),
    }));
  });
}

interface OnTarget {
  target: string;
  strategy: Strategy;
  summaries: readonly AucSummary[];
  differences: readonly AucDifference[];
}

function targetSentence(view: View, on: OnTarget): string {
  const ranked = rankedOn(view, on);
  const [best, second] = ranked;
  if (!best) return 'No AUC was measured.';
  if (!second) return `${meanWords(view, best)}. There is no other start to compare it with.`;
  const { source } = best.arm;
  const means = `${meanWords(view, best)}, ${meanWords(view, second)}`;
  const found = differenceBetween(on.differences, {
    target: on.target,
    best: source,
    other: second.arm.source,
  });
  if (!found) return `${means}. Too few folds to say with what certainty.`;
  return `${means}: ${points(found.difference)} apart, ${certainty(found)}. ${verdict(found, source)}`;
}

/** The interval of a difference in points, and its p. */
export const certainty = ({ low, high, holm }: AucDifference): string =>
  `95 % interval ${range(low * 100, high * 100, 1)}, ${pValue(holm)} after Holm`;

const meanWords = ({ study }: View, { arm, mean, sd }: AucSummary) =>
  `${arm.source} ${hundredfold(mean ?? 0)}${sd === null ? '' : ` ± ${hundredfoldSd(sd, study.protocol)}`}`;

/** "2.3 points"; something is never called 0.0. */
function points(difference: number): string {
  const text = hundredfold(difference);
  if (difference !== 0 && Number(text) === 0) return 'less than 0.1 points';
  return `${text} point${text === '1.0' ? '' : 's'}`;
}

/** "+2.3 points", "between 0 and +0.1 points". */
export function signedPoints(difference: number): string {
  const text = signed(difference * 100, 1);
  if (difference === 0 || Number(text) !== 0) return `${text} points`;
  return difference > 0 ? 'between 0 and +0.1 points' : 'between −0.1 and 0 points';
}

/** Whether the one that is ahead wins. */
export function verdict({ low, high, holm }: AucDifference, winner: string): string {
  if (low <= 0 && high >= 0) return 'The interval holds 0: these folds do not tell the two apart.';
  if (holm >= 0.05) return `${winner} is ahead, but not beyond doubt once all targets are counted.`;
  return `${winner} wins.`;
}

function rankedOn({ study, sources }: View, { target, strategy, summaries }: OnTarget): AucSummary[] {
  return summaries
    .filter(({ arm, mean }) => arm.target === target && mean !== null && sources.includes(arm.source))
    .filter(({ arm }) => arm.strategy === strategyFor(study, arm.source, strategy))
    .sort((x, y) => (y.mean ?? 0) - (x.mean ?? 0));
}

/** The difference with the sign of best − other. */
function differenceBetween(
  differences: readonly AucDifference[],
  { target, best, other }: { target: string; best: string; other: string },
): AucDifference | undefined {
  const on = differences.filter((d) => d.target === target);
  const found = on.find((d) => d.a.source === best && d.b.source === other);
  if (found) return found;
  const turned = on.find((d) => d.a.source === other && d.b.source === best);
  return (
    turned && {
      ...turned,
      a: turned.b,
      b: turned.a,
      difference: -turned.difference,
      low: -turned.high,
      high: -turned.low,
    }
  );
}

/** Whether one start is the best whatever the target. */
export function overallSentence(view: View, differences: readonly AucDifference[]): string {
  const overall = overallDifferences(differences, view.sources);
  const sides = overall.flatMap((o) => [o, turned(o)]);
  const champion = view.sources.find(
    (s) => sides.filter((o) => o.a === s).every((o) => o.difference > 0) && sides.some((o) => o.a === s),
  );
  if (champion === undefined)
    return 'No start has the higher mean against every other: there is no overall winner.';
  const against = sides.filter(({ a }) => a === champion);
  const certain = against.every(({ interval }) => interval !== null && interval.low > 0);
  const most = Math.max(...against.map(({ targets }) => targets));
  const over = most === 1 ? 'On its one target' : `Over ${most} targets`;
  return `${over}, ${champion} is ahead ${listed(against.map(againstWords))}. ${overallVerdict(champion, against, certain)}`;
}

const turned = ({ a, b, targets, leads, difference, interval }: OverallDifference): OverallDifference => ({
  ...{ a: b, b: a, targets, leads: targets - leads, difference: -difference },
  interval: interval && { low: -interval.high, high: -interval.low },
});

function againstWords({ b, targets, leads, difference, interval }: OverallDifference): string {
  const span = interval ? `, 95 % interval ${range(interval.low * 100, interval.high * 100, 1)}` : '';
  return `of ${b} on ${leads} of ${targets} (mean ${signedPoints(difference)}${span})`;
}

function overallVerdict(champion: string, against: readonly OverallDifference[], certain: boolean): string {
  const fewest = Math.min(...against.map(({ targets }) => targets));
  if (fewest < 3) {
    return `${fewest === 1 ? 'One target says' : 'Two targets say'} nothing of others, so no overall winner can be named.`;
  }
  return certain
    ? `${champion} is the overall winner among the starts compared here, for targets like these.`
    : 'An interval over targets holds 0, so no overall winner can be named.';
}
