import { html, type Markup } from '../../markup.js';
import { absent, figureBlock, type Report } from '../report.js';

const reading =
  'A line is a fold. Faint: loss on the training images; full: on the held-out images that stop the training; dot: the epoch that was kept; dotted: the first stage of “head first”, in which only the head is trained.';

/** How the networks learned. */
export function curvesSection(report: Report): Markup {
  const { view } = report;
  const targets = view.targets.map((target, i) =>
    figureBlock(
      report,
      `learning-curves-${target}`,
      html`Learning curves on ${target}. ${i === 0 ? reading : 'Read as the figure before.'}`,
    ),
  );
  const sources = figureBlock(
    report,
    'learning-curves-of-sources',
    html`Learning curves of the sources that were trained for this study:
    ${view.pretrainings.map(({ source, dataset }) => `${source} on ${dataset}`).join(', ')}. ${reading}`,
  );
  return html`<section id="curves">
    <h2>Learning curves</h2>
    ${view.arms.length === 0 ? absent('No network was trained.') : null}${sources}${targets}
    <p>Every epoch: <code>tables/curves.csv</code>, <code>tables/curves-by-layer.csv</code>.</p>
  </section>`;
}
