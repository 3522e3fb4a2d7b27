import { frozenSentences } from '../../frozen.js';
import { html, type Markup } from '../../markup.js';
import { count, fixed, range } from '../../numbers.js';
import { extents, fewestTargets, type GainPoint, type Slope } from '../../statistics/gain.js';
import { mainStrategy, type View } from '../../view.js';
import { measureWords, strategyWords } from '../../words.js';
import { absent, figureBlock, tableBlock, type Report } from '../report.js';
import { gainAbsent } from './found.js';

const formulas = { relative: '(AUC − AUC of random) / AUC of random', difference: 'AUC − AUC of random' };

/** The paper's Figure 6, with the interval that its points deserve. */
export function gainSection(report: Report): Markup {
  const { analysis, view } = report;
  const heading = html`<h2>Gain against similarity</h2>`;
  if (analysis.gain.length === 0)
    return html`<section id="gain">${heading}${absent(gainAbsent(report))}</section>`;
  return html`<section id="gain">
    ${heading}${figureBlock(report, 'gain-against-similarity', caption(report))}
    ${few(analysis.gain)}${analysis.slopes.length > 0 ? table(view, analysis.slopes) : absent(gainAbsent(report))}
    <p>Points and lines: <code>tables/gain.csv</code>, <code>tables/slopes.csv</code>.</p>
  </section>`;
}

function caption({ analysis: { similarity, slopes }, view }: Report): string {
  const { measures, gain, resamples } = view.study.analysis;
  const measure = measures[0] ? measureWords[measures[0]] : '';
  const dashed = slopes.every(({ overTargets }) => overTargets === null)
    ? ''
    : ' Dashed: the 95 % interval when whole targets are resampled, as folds of one target are not independent points; cut where it leaves the frame.';
  const left = frozenSentences(view.study, similarity)
    .map((sentence) => ` ${sentence}`)
    .join('');
  return `Gain, ${formulas[gain]}, against ${measure} between a start and what fine-tuning made of it (${strategyWords(view.study, mainStrategy(view.study))}). A point is a fold, its shape the target. Line: least squares. Shaded: 95 % bootstrap interval of the line over points, ${count(resamples)} resamples, as in the paper’s Figure 6.${dashed}${left}`;
}

function few(gain: readonly GainPoint[]): Markup | null {
  const found = extents(gain);
  const targets = found.map((source) => source.targets);
  const [fewest, most] = [Math.min(...targets), Math.max(...targets)];
  if (fewest >= 10) return null;
  const upTo = fewest < most ? 'at most ' : '';
  const [number, plural] = most === 1 ? ['one', ''] : ['two', 's'];
  const folds = Math.max(...found.map((source) => source.folds));
  const text =
    most < fewestTargets
      ? `The points of a source come from ${upTo}${number} target${plural}. Folds of a target resemble each other, so these are ${upTo}${number} observation${plural} of how gain goes with similarity, not ${folds}: no interval over targets can be given, and the interval over points says nothing of other targets.`
      : `The points of a source are ${upTo}${most} clusters. The interval over points treats folds of a target as independent and is too narrow; the one over targets resamples only ${upTo}${most} things and is itself rough.`;
  return html`<p>${text}</p>`;
}

function table(view: View, slopes: readonly Slope[]): Markup {
  const columns = [
    'Source',
    'Layer',
    '#Points',
    '#Targets',
    '#Slope',
    '#r',
    '#95 % over points',
    '#95 % over targets',
  ];
  const rows = slopes.map(({ source, layer, points, targets, line, overPoints, overTargets }) => [
    ...[
      source,
      layer,
      points,
      targets,
      fixed(line.slope, 3),
      fixed(line.r, 2),
      range(overPoints.low, overPoints.high, 3),
    ],
    overTargets ? range(overTargets.low, overTargets.high, 3) : 'too few targets',
  ]);
  return tableBlock(
    html`<b>Table 2.</b> Slopes of the lines, with both intervals (seed ${view.study.seeds.sampling}).`,
    columns,
    rows,
  );
}
