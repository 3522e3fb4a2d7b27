import { fixed, range } from '../numbers.js';
import type { AgreementSummary } from '../statistics/agreement.js';
import { isRandom, mainStrategy, type View } from '../view.js';
import { signedPoints } from './auc.js';
import type { Finding } from './finding.js';

/** Whether networks from different starts err on the same images. Main strategy; random starts only where there is nothing else. */
export function agreementFindings(view: View, summaries: readonly AgreementSummary[]): Finding[] {
  const shown = informedOnly(view, summaries).filter(({ strategy }) => strategy === mainStrategy(view.study));
  const couples = new Set(shown.map(({ a, b }) => `${a} ${b}`)).size;
  return shown.map((summary) => {
    const { target, a, b } = summary;
    return { about: couples > 1 ? `${target}: ${a} and ${b}` : target, text: sentence(summary) };
  });
}

/** Pairs of starts that have seen images, or all pairs where there are none. */
export function informedOnly<T extends { a: string; b: string }>({ study }: View, pairs: readonly T[]): T[] {
  const informed = pairs.filter(({ a, b }) => !isRandom(study, a) && !isRandom(study, b));
  return informed.length > 0 ? informed : [...pairs];
}

function sentence({ observed, independent, excess }: AgreementSummary): string {
  const shares = `${fixed(observed * 100, 1)} %, ${fixed(independent * 100, 1)} % if mistakes were independent`;
  if (!excess) return `${shares}.`;
  const { difference, low, high } = excess;
  const span = `${signedPoints(difference)}, 95 % interval ${range(low * 100, high * 100, 1)}`;
  return `${shares}: ${span}. ${verdict(low, high)}`;
}

function verdict(low: number, high: number): string {
  if (low > 0) return 'They err alike.';
  return high < 0
    ? 'They err less alike than chance would have it.'
    : 'That is no more than chance may give.';
}
