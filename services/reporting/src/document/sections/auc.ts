import type { JudgedAs } from '@palimpsest/contracts';
import { html, type Content, type Markup } from '../../markup.js';
import { fixed, hundredfold, hundredfoldSd } from '../../numbers.js';
import type { AucSummary } from '../../statistics/auc.js';
import { aucColumns, aucRows, type AucRow } from '../../tables/auc.js';
import { armAnchor } from '../../tables/provenance.js';
import { seedsOf, type View } from '../../view.js';
import { armWords, atOnceWords, strategyMeaning, strategyWords } from '../../words.js';
import { absent, details, figureBlock, origin, tableBlock, tableFigure, type Report } from '../report.js';

/** The paper's Table 2, and every value it was made from. */
export function aucSection(report: Report): Markup {
  const { view, analysis } = report;
  if (view.arms.length === 0)
    return html`<section id="auc">
      <h2>AUC</h2>
      ${absent('No network was trained.')}
    </section>`;
  return html`<section id="auc">
    <h2>AUC</h2>
    ${main(view, analysis.auc)}${spreads(view, analysis.auc)}${details('The value of each fold', folds(view))}${figureBlock(report, 'auc-by-training-images', sizes(view))}
    <p>Files: <code>tables/auc.csv</code>, <code>tables/auc-folds.csv</code>, <code>tables/auc.tex</code>.</p>
  </section>`;
}

function main(view: View, summaries: readonly AucSummary[]): Markup {
  const columns = aucColumns(view);
  const spans = view.sources.map(
    (source) =>
      html`<th scope="colgroup" class="span" colspan="${columns.filter((c) => c.source === source).length}">
        ${source}
      </th>`,
  );
  const heads = columns.map((column) => html`<th scope="col" class="n">${armWords(view, column)}</th>`);
  // Deviations of one and of two digits stand under each other.
  const width = Math.max(...summaries.map(({ sd }) => hundredfoldSd(sd ?? 0, view.study.protocol).length));
  const rows = aucRows(view, summaries).map((row) => rowOf(view, row, width));
  const groups = view.sources.map(
    (source) => html`<colgroup span="${columns.filter((c) => c.source === source).length}"></colgroup>`,
  );
  const table = html`<table class="wide">
    <colgroup></colgroup>
    ${groups}
    <thead>
      <tr>
        <td></td>
        ${spans}
      </tr>
      <tr>
        <th scope="col">Target</th>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
  return tableFigure(html`<b>Table 1.</b> ${caption(view)}`, table);
}

function caption({ study, probes }: View): string {
  const rounding =
    study.protocol === 'audited'
      ? ''
      : ' Deviations are rounded to two decimals and then to one, as in the paper.';
  const ways: JudgedAs[] = [...study.strategies, ...(probes.length > 0 ? ['probe' as const] : [])];
  const strategies = ways.map((s) => `${strategyWords(study, s)}: ${strategyMeaning(study, s)}`).join('; ');
  return `Mean AUC ± standard deviation over folds (divisor n − 1), both × 100; several classes one against the rest, weighted by prevalence. Bold: highest mean of a target. ${strategies}.${rounding} Each value leads to the tasks it came from.`;
}

function rowOf({ study }: View, { target, cells, best }: AucRow, width: number): Markup {
  const tds = cells.map((cell) => {
    if (!cell)
      return html`<td class="n">
        <span title="not trained: a source is not judged on its own images">–</span>
      </td>`;
    const text = cellText(cell, study.protocol, width);
    return html`<td
      class="${cell === best ? 'n best' : 'n'}"
      data-tasks="${cell.arm.folds.flatMap(({ seeds }) => seeds.map(({ taskId }) => taskId)).join(' ')}"
    >
      ${origin(armAnchor(target, cell.arm.source, cell.arm.strategy), text)}
    </td>`;
  });
  return html`<tr>
    <th scope="row">${target}</th>
    ${tds}
  </tr> `;
}

function cellText(
  { mean, sd, values, arm }: AucSummary,
  protocol: View['study']['protocol'],
  width: number,
): Content {
  if (mean === null) return 'no AUC';
  const spread =
    sd === null ? null : html` <span class="sd">± ${hundredfoldSd(sd, protocol).padStart(width, ' ')}</span>`;
  const missing =
    arm.folds.length > values.length
      ? html`<sup title="folds with one class only have no AUC">${values.length}/${arm.folds.length}</sup>`
      : null;
  return [hundredfold(mean), spread, missing];
}

const sizes = ({ study }: View) =>
  html`AUC against the number of training images (logarithmic), of networks ${atOnceWords(study)}: as many
    images of each class, drawn by seed, the smaller sets within the larger; last, all images of a fold. Mean
    over folds; shaded: 95 % interval of the corrected resampled t test (Nadeau and Bengio 2003), cut at 0 and
    1. As a table: <code>tables/auc-by-training-images.csv</code>.`;

/** What is luck of the training beside what is choice of the images. */
function spreads(view: View, summaries: readonly AucSummary[]): Markup | null {
  const seeds = seedsOf(view.study);
  if (seeds === 1) return null;
  const trained = summaries.filter(({ arm }) => arm.strategy !== 'probe');
  const rows = trained.map(({ arm, mean, sd, sdOfSeeds }) => [
    ...[arm.target, arm.source, armWords(view, arm)],
    ...[mean, sd, sdOfSeeds].map((value) => (value === null ? '–' : fixed(value * 100, 2))),
  ]);
  return tableBlock(
    html`Spread of AUC × 100: standard deviation over folds, each the mean of its ${seeds} trainings, and over
      the trainings of one fold, which differ in their seeds alone (pooled over folds). Each training:
      <code>tables/auc-seeds.csv</code>.`,
    ['Target', 'Source', 'Strategy', '#Mean', '#over folds', '#over seeds'],
    rows,
  );
}

function folds(view: View): Markup {
  const last = Math.max(...view.arms.flatMap((arm) => arm.folds.map(({ fold }) => fold)));
  const numbers = Array.from({ length: last }, (_, i) => i + 1);
  const rows = [...view.arms, ...view.probes].map((arm) => [
    ...[arm.target, arm.source, armWords(view, arm)],
    ...numbers.map((number) => {
      const auc = arm.folds.find(({ fold }) => fold === number)?.auc ?? null;
      return auc === null ? '–' : fixed(auc * 100, 2);
    }),
  ]);
  const columns = ['Target', 'Source', 'Strategy', ...numbers.map((number) => `#fold ${number}`)];
  return tableBlock('AUC × 100 on the judged images of each fold.', columns, rows);
}
