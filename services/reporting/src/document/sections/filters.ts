import { html, type Markup } from '../../markup.js';
import { absent, figureBlock, type Report } from '../report.js';

/** The paper's Figure 4, before and after. */
export function filtersSection(report: Report): Markup {
  const { view } = report;
  const channel = view.study.analysis.filters === 'blue' ? 'their blue channel as grey' : 'in colour';
  const blocks = view.sources.map((source, i) =>
    figureBlock(
      report,
      `filters-${source}`,
      html`First convolution of ${source}: the
      start${view.targets.length > 0 ? ', and what each target made of it (networks of fold 1)' : ''}.
      ${i === 0 ? `Its first 36 filters, or all where there are fewer, ${channel}. Middle grey is a weight of 0. All pictures of a figure share one scale, the 99.5th percentile of the size of their weights, so that before and after can be compared; larger weights are cut. After the paper’s Figure 4.` : 'Read as the figure before.'}`,
    ),
  );
  return html`<section id="filters">
    <h2>Filters of the first layer</h2>
    ${view.filters.length === 0 ? absent('No network was looked into.') : blocks}
  </section>`;
}
