import type { AucDifference } from '../statistics/auc.js';
import type { View } from '../view.js';
import { judgedWords } from '../words.js';
import { certainty, signedPoints, verdict } from './auc.js';
import type { Finding } from './finding.js';

/** Whether training a network beats a linear head on its start as it is. Main strategy. */
export function probeFindings({ targets }: View, differences: readonly AucDifference[]): Finding[] {
  return targets.flatMap((target) =>
    differences
      .filter((difference) => difference.target === target)
      .map((difference) => ({ about: target, text: sentence(difference) })),
  );
}

function sentence(found: AucDifference): string {
  const { source, strategy } = found.a;
  const winner = found.difference > 0 ? 'The trained network' : 'The linear probe';
  return `${judgedWords(source, strategy)}, minus its linear probe: ${signedPoints(found.difference)}, ${certainty(found)}. ${verdict(found, winner)}`;
}
