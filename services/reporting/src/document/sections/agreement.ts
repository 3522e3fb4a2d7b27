import { html, type Markup } from '../../markup.js';
import { fixed, range, signed } from '../../numbers.js';
import type { AgreementSummary } from '../../statistics/agreement.js';
import type { View } from '../../view.js';
import { strategyWords } from '../../words.js';
import { absent, details, figureBlock, tableBlock, type Report } from '../report.js';

const formulas = {
  product: 'a₁a₂ + (1 − a₁)⁠(1 − a₂)',
  'first-squared': 'a₁² + (1 − a₁)², with one accuracy twice, as for most targets in the paper’s code',
};

/** The paper's Figure 5. */
export function agreementSection(report: Report): Markup {
  const { view, analysis } = report;
  if (analysis.agreements.length === 0)
    return html`<section id="agreement">
      <h2>Prediction similarity</h2>
      ${absent('There are no two sources to compare on one target.')}
    </section>`;
  return html`<section id="agreement">
    <h2>Prediction similarity</h2>
    ${figureBlock(report, 'prediction-similarity', html`Share of judged images on which two networks are both right or both wrong. Dots: folds; boxes: quartiles, whiskers to the ends. First of two: observed; second, in grey: what mistakes independent of each other would give, ${formulas[view.study.analysis.independence]} for accuracies a₁ and a₂. After the paper’s Figure 5.`)}
    ${details('All pairs of sources', table(view, analysis.agreementSummaries))}
    <p>Every fold: <code>tables/prediction-similarity.csv</code>.</p>
  </section>`;
}

function table({ study }: View, summaries: readonly AgreementSummary[]): Markup {
  const columns = [
    'Target',
    'First',
    'Second',
    'Trained',
    '#Observed, %',
    '#Independent, %',
    '#Difference',
    '#95 % interval',
  ];
  const rows = summaries.map(({ target, a, b, strategy, observed, independent, excess }) => [
    ...[target, a, b, strategyWords(study, strategy), fixed(observed * 100, 1), fixed(independent * 100, 1)],
    ...(excess
      ? [signed(excess.difference * 100, 1), range(excess.low * 100, excess.high * 100, 1)]
      : ['–', '–']),
  ]);
  return tableBlock('Means over folds; intervals by the corrected resampled t test.', columns, rows);
}
