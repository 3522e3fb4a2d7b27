import { listed } from '../numbers.js';
import { informedOnly, agreementFindings } from './agreement.js';
import {
  agreements,
  agreementSummaries,
  type Agreement,
  type AgreementSummary,
} from '../statistics/agreement.js';
import {
  aucSummaries,
  sourceDifferences,
  strategyDifferences,
  probeDifferences,
  type AucDifference,
  type AucSummary,
} from '../statistics/auc.js';
import { gainPoints, slopes, type GainPoint, type Slope } from '../statistics/gain.js';
import { layerSummaries, type LayerSummary } from '../statistics/similarity.js';
import { sizePoints, type SizePoint } from '../statistics/training-set-size.js';
import { mainStrategy, type View } from '../view.js';
import { aucFindings, frozenInPart, overallSentence, sizeFindings } from './auc.js';
import type { Findings } from './finding.js';
import { gainFindings, gainInShort } from './gain.js';
import { limitFindings } from './limits.js';
import { probeFindings } from './probes.js';
import { reuseFindings, reuseInShort } from './reuse.js';

/** Every statistic of the report, computed once. */
export interface Analysis {
  auc: AucSummary[];
  sizes: SizePoint[];
  differences: AucDifference[];
  strategyDifferences: AucDifference[];
  probeDifferences: AucDifference[];
  similarity: LayerSummary[];
  agreements: Agreement[];
  agreementSummaries: AgreementSummary[];
  gain: GainPoint[];
  slopes: Slope[];
}

/** Computes what the tables, figures and sentences tell. Pure; random only by the study's seed. */
export function analyse(view: View): Analysis {
  const found = agreements(view);
  const gain = gainPoints(view);
  return {
    auc: aucSummaries(view),
    sizes: sizePoints(view),
    differences: view.study.strategies.flatMap((strategy) => sourceDifferences(view, strategy)),
    strategyDifferences: strategyDifferences(view),
    probeDifferences: probeDifferences(view),
    similarity: layerSummaries(view),
    agreements: found,
    agreementSummaries: agreementSummaries(view, found),
    gain,
    slopes: slopes(view, gain),
  };
}

/** What was found, in plain words. */
export function findingsOf(view: View, analysis: Analysis): Findings {
  return {
    short: inShort(view, analysis),
    auc: aucFindings(view, analysis.auc),
    sizes: sizeFindings(view),
    probes: probeFindings(view, analysis.probeDifferences),
    reuse: reuseFindings(view, analysis.similarity),
    agreement: agreementFindings(view, analysis.agreementSummaries),
    gain: gainFindings(analysis.slopes),
    limits: limitFindings(view),
  };
}

function inShort(view: View, analysis: Analysis): string[] {
  const overall = overallSentence(view, sourceDifferences(view, mainStrategy(view.study)));
  return [
    overall,
    ...frozenInPart(view),
    ...reuseInShort(view, analysis.similarity),
    ...alike(view, analysis),
    ...gainInShort(analysis.slopes),
  ];
}

function alike(view: View, { agreementSummaries: summaries }: Analysis): string[] {
  const judged = informedOnly(view, summaries).filter(
    ({ excess, strategy }) => excess && strategy === mainStrategy(view.study),
  );
  if (judged.length === 0) return [];
  const targets = [
    ...new Set(judged.filter(({ excess }) => excess && excess.low > 0).map(({ target }) => target)),
  ];
  if (targets.length === 0)
    return ['Networks from different starts do not err alike beyond doubt, on any target.'];
  return [
    `Networks from different starts err alike, beyond what independent mistakes would give, on ${listed(targets)}.`,
  ];
}
