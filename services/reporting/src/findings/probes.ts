import { pValue, range, signed } from '../numbers.js';
import type { AucDifference } from '../statistics/auc.js';
import type { View } from '../view.js';
import { judgedWords } from '../words.js';
import type { Finding } from './finding.js';

/** Whether training a network beats a linear head on its start as it is. Main strategy. */
export function probeFindings({ targets }: View, differences: readonly AucDifference[]): Finding[] {
  return targets.flatMap((target) =>
    differences
      .filter((difference) => difference.target === target)
      .map((difference) => ({ about: target, text: sentence(difference) })),
  );
}

function sentence(difference: AucDifference): string {
  const { low, high, holm } = difference;
  const span = `95 % interval ${range(low * 100, high * 100, 1)}, ${pValue(holm)} after Holm`;
  const { source, strategy } = difference.a;
  return `${judgedWords(source, strategy)}, minus its linear probe: ${signed(difference.difference * 100, 1)} points, ${span}. ${verdict(difference)}`;
}

function verdict({ difference, low, high, holm }: AucDifference): string {
  if (low <= 0 && high >= 0) return 'The interval holds 0: these folds do not tell the two apart.';
  const ahead = difference > 0 ? 'The trained network' : 'The linear probe';
  return holm < 0.05
    ? `${ahead} wins.`
    : `${ahead} is ahead, but not beyond doubt once all targets are counted.`;
}
