import { askedFor, type Finding } from '../../findings/finding.js';
import { html, type Markup } from '../../markup.js';
import { counted, pValue, range, signed } from '../../numbers.js';
import type { AucDifference } from '../../statistics/auc.js';
import { isRandom, type View } from '../../view.js';
import { atOnceWords, strategyWords } from '../../words.js';
import { armAnchor } from '../../tables/provenance.js';
import { absent, details, figureBlock, origin, tableBlock, type Report } from '../report.js';

/** What was found, in plain words, and what was not. */
export function foundSection(report: Report): Markup {
  const { findings, view } = report;
  const folds =
    'difference of AUC × 100 over the same folds; intervals and p values by the corrected resampled t test (Nadeau and Bengio 2003), p adjusted by Holm over targets';
  return html`<section id="found">
    <h2>What was found</h2>
    <h3>Which start wins</h3>
    <p class="lead">
      AUC × 100, mean ± standard deviation over folds, of the two best starts of each target.
    </p>
    ${list(findings.auc)}
    ${figureBlock(report, 'auc-differences', html`${mainWords(report).trimStart()} Left of 0 the second source is ahead, right of it the first. Dots: mean ${folds}; bars: 95 % intervals. Filled where Holm-adjusted p < 0.05, hollow where not. Scales differ.`)}
    ${differences(report)} ${askedFor(findings).map(section)}
    <h3>What was reused</h3>
    <p class="lead">
      Similarity of a start to what fine-tuning made of it, in the first and the last layer, and whether that
      is more than two random draws have in common; then, whether two sources came closer.${mainWords(report)}
    </p>
    ${list(findings.reuse, reuseAbsent(report))}
    <h3>Do the networks err alike</h3>
    <p class="lead">
      Share of judged images on which two networks are both right or both wrong.${mainWords(report)}
    </p>
    ${list(findings.agreement, 'There are no two sources to compare on one target.')}
    <h3>Gain and similarity</h3>
    ${list(findings.gain, gainAbsent(report))}
    <h3>What cannot be concluded</h3>
    ${list(findings.limits)}
    <p class="kicker">
      ${counted(view.targets.length, 'target')}, ${counted(view.sources.length, 'source')},
      ${counted(
        [...view.arms, ...view.shotsArms].reduce(
          (sum, arm) => sum + arm.folds.flatMap(({ seeds }) => seeds).length,
          0,
        ),
        'trained network',
      )}.
    </p>
  </section>`;
}

function section([title, findings]: [string, Finding[]]): Markup {
  return html`<h3>${title}</h3>
    ${list(findings)}`;
}

function list(findings: readonly Finding[], why = 'Nothing was measured.'): Markup {
  if (findings.length === 0) return absent(why);
  return html`<ul class="found">
    ${findings.map(({ about, text }) => html`<li><b>${about}</b><span>${text}</span></li> `)}
  </ul>`;
}

/** Which networks a figure or list is about, where there are others. */
function mainWords({ view }: Report): string {
  return view.study.strategies.length > 1 ? ` Networks ${atOnceWords(view.study)}.` : '';
}

/** Why nothing can be said of reuse. */
export function reuseAbsent({ view }: Report): string {
  if (view.comparisons.length > 0) return 'No start was compared with what fine-tuning made of it.';
  return 'No networks were compared: `analysis.pairs` of the study is empty, or none of its pairs exists here.';
}

/** Why gain cannot be set against similarity. */
export function gainAbsent({ view }: Report): string {
  if (!view.sources.some((source) => isRandom(view.study, source))) {
    return 'The study has no random start, so there is no gain over one.';
  }
  if (!view.study.analysis.pairs.includes('start-finetuned')) {
    return 'The study does not compare starts with what fine-tuning made of them (`start-finetuned` in `analysis.pairs`).';
  }
  return 'There are fewer than three points of different similarity to draw a line through.';
}

function differences({ analysis, view }: Report): Markup | null {
  const all = [...analysis.differences, ...analysis.strategyDifferences, ...analysis.probeDifferences];
  if (all.length === 0) return null;
  const columns = ['Target', 'Compared', '#Difference', '#95 % interval', '#p', '#after Holm', '#Folds'];
  return details(
    'All differences, with intervals and p values',
    tableBlock(
      html`AUC × 100, first minus second, paired over folds. Also <code>tables/auc-differences.csv</code>.`,
      columns,
      all.map((difference) => rowOf(view, difference)),
    ),
  );
}

function rowOf(view: View, { target, a, b, difference, low, high, p, holm, folds }: AucDifference) {
  const name = (arm: AucDifference['a']) =>
    origin(
      armAnchor(target, arm.source, arm.strategy),
      `${arm.source}, ${strategyWords(view.study, arm.strategy, arm.source)}`,
    );
  return [
    ...[target, html`${name(a)} − ${name(b)}`, signed(difference * 100, 1), range(low * 100, high * 100, 1)],
    ...[bare(pValue(p)), bare(pValue(holm)), folds],
  ];
}

/** A p value without its name: the column has it. */
const bare = (text: string) => text.replace(/^p\s(=\s)?/, '');
