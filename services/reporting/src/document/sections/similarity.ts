import { html, type Content, type Markup } from '../../markup.js';
import { count, fixed } from '../../numbers.js';
import { layersOf, type LayerSummary } from '../../statistics/similarity.js';
import { groupBy } from '../../group-by.js';
import type { View } from '../../view.js';
import { measureWords, modelWords, pairWords, shortLayers, summaryWords } from '../../words.js';
import { absent, details, figureBlock, origin, tableBlock, type Report } from '../report.js';
import { reuseAbsent } from './found.js';

/** The paper's Figure 3 for every target, and all that was compared. */
export function similaritySection(report: Report): Markup {
  const { view, analysis } = report;
  if (view.comparisons.length === 0)
    return html`<section id="similarity">
      <h2>Similarity by layer</h2>
      ${absent(reuseAbsent(report))}
    </section>`;
  return html`<section id="similarity">
    <h2>Similarity by layer</h2>
    ${figureBlock(report, 'similarity-by-layer', caption(view))}
    ${view.targets.map((target) =>
      details(
        `All pairs on ${target}`,
        pairTables(
          view,
          analysis.similarity.filter((s) => s.target === target),
        ),
      ),
    )}
    <p>Every fold and repeat: <code>tables/similarity-layers.csv</code>.</p>
  </section>`;
}

function caption({ study, targets }: View): Content {
  const { measures, summary, points, channels, repeats, epsilon } = study.analysis;
  const measure = measures[0] ? measureWords[measures[0]] : '';
  const from = targets.map(
    (target, i) => html`${i > 0 ? ', ' : null}${origin(`from-comparisons-${target}`, target)}`,
  );
  return html`${measure} by layer (${summaryWords[summary]}; ${count(points)} points, ${channels} channels,
  mean of ${repeats} draws, ε = ${String(epsilon).replace('-', '−')}). (a) A start and what fine-tuning made
  of it. (b) Two sources, before and after. Bars: ± one standard deviation over folds; starts that do not
  change from fold to fold have none. “Two random draws” share nothing but the architecture; “chance” is the
  same measure with the points of one network permuted. After the paper’s Figure 3. Tasks: ${from}.`;
}

function pairTables(view: View, here: readonly LayerSummary[]): Markup[] {
  const layers = layersOf(view);
  return view.study.analysis.measures.map((measure) => {
    const rows = [
      ...groupBy(
        here.filter((s) => s.measure === measure),
        (s) => JSON.stringify([s.pair, s.a, s.b]),
      ).values(),
    ];
    return tableBlock(
      html`${measureWords[measure]}, mean ± standard deviation over folds.`,
      ['First', 'Second', 'Pair', ...shortLayers(layers).map((layer) => `#${layer}`)],
      [...rows.map((row) => rowOf(row, layers)), ...floorRow(rows[0], layers)],
    );
  });
}

function rowOf(row: readonly LayerSummary[], layers: readonly string[]): Content[] {
  const [first] = row;
  if (!first) return [];
  return [
    modelWords(first.a),
    modelWords(first.b),
    pairWords[first.pair],
    ...layers.map((layer) => cell(row.find((s) => s.layer === layer))),
  ];
}

function cell(summary: LayerSummary | undefined): Content {
  if (!summary) return '–';
  return html`${fixed(summary.mean, 3)}${summary.sd === null ? null : html` <span class="sd">± ${fixed(summary.sd, 3)}</span>`}`;
}

function floorRow(row: readonly LayerSummary[] | undefined, layers: readonly string[]): Content[][] {
  if (!row) return [];
  const floors = layers.map((layer) => row.find((s) => s.layer === layer)?.floor);
  return [
    [
      'chance',
      '',
      'points of one network permuted',
      ...floors.map((floor) => (floor === undefined ? '–' : fixed(floor, 3))),
    ],
  ];
}
