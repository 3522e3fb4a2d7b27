import { html, type Markup } from '../../markup.js';
import { absent, figureBlock, type Report } from '../report.js';

const reading =
  'A line is a fold. Faint: loss on the training images; full: on the held-out images that stop the training; dot: the epoch that was kept; dotted: the first stage of “head first”, in which only the head is trained.';

const drift =
  'How much of its start is left in a network: canonical correlations of each stage with itself before the training, on the same training images; 1 is all. Mean of the folds that still trained; of fewer points and channels than the comparisons below.';

/** Where a machine's memory had a part in the result. */
function halvedWords({ pretrainings, arms }: Report['view']): Markup | null {
  const all = [...pretrainings, ...arms.flatMap(({ folds }) => folds)];
  const halved = all.filter(({ curves }) => curves.epochs.some(({ batchSize }) => batchSize !== undefined));
  if (halved.length === 0) return null;
  return html`<p>
    Memory ran out in ${halved.length} of ${all.length} trainings. They went on with smaller batches, of which
    as many images made a step, but batch norms saw fewer at once: <code>batch_size</code> in the table below.
  </p>`;
}

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
  const drifts = view.targets.map((target) =>
    figureBlock(report, `drift-${target}`, html`Drift on ${target}. ${drift}`),
  );
  const sources = figureBlock(
    report,
    'learning-curves-of-sources',
    html`Learning curves of the sources that were trained for this study:
    ${view.pretrainings.map(({ source, dataset }) => `${source} on ${dataset}`).join(', ')}. ${reading}`,
  );
  return html`<section id="curves">
    <h2>Learning curves</h2>
    ${view.arms.length === 0 ? absent('No network was trained.') : null}${sources}${targets}${drifts}
    ${halvedWords(view)}
    <p>Every epoch: <code>tables/curves.csv</code>, <code>tables/curves-by-layer.csv</code>.</p>
  </section>`;
}
