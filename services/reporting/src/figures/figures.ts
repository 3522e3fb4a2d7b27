import type { Analysis } from '../findings/findings.js';
import type { View } from '../view.js';
import { agreementFigure } from './agreement.js';
import { differencesFigure } from './differences.js';
import type { Figure } from './figure.js';
import { driftFigure } from './drift.js';
import { filtersFigure } from './filters.js';
import { gainFigure } from './gain.js';
import { learningCurves, pretrainingCurves } from './learning-curves.js';
import { similarityFigure } from './similarity.js';
import { sizeFigure } from './training-set-size.js';

/** Every figure for which there is something to draw, in the order of the report. */
export function figuresOf(view: View, analysis: Analysis): Figure[] {
  const figures = [
    differencesFigure(view, analysis.differences),
    pretrainingCurves(view),
    ...view.targets.map((target) => learningCurves(view, target)),
    ...view.targets.map((target) => driftFigure(view, target)),
    sizeFigure(view, analysis.sizes),
    similarityFigure(view, analysis.similarity),
    ...view.sources.map((source) => filtersFigure(view, source)),
    agreementFigure(view, analysis.agreements),
    gainFigure(view, analysis.gain, analysis.slopes),
  ];
  return figures.filter((figure) => figure !== undefined);
}
