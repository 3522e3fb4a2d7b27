import { eigenSymmetric } from '../linalg/eigen.js';
import { centredChannels, row, transpose, zeros, type Activations, type Matrix } from '../linalg/matrix.js';
import { times, timesTransposed } from '../linalg/products.js';

/** A linear map from features to a score for each class. */
export interface RidgeClassifier {
  /** λ over the mean of the eigenvalues of the features: the one of the grid with the least error. */
  readonly shrinkage: number;
  /** features × classes */
  readonly weights: Matrix;
  /** one a class */
  readonly intercept: Float64Array;
  /** Squared error of a score for a point that was left out, mean over points and classes, of each of the grid. */
  readonly leaveOneOutErrors: Float64Array;
}

/** Directions with less of the largest eigenvalue than this are rounding. */
const negligible = 1e-12;

/**
 * One-vs-rest ridge regression on classes: for each class the least squares fit to 1 for its points and −1 for others
 * plus λ times the squared weights, the intercept not penalised. λ is chosen by leaving each point out.
 *
 * λ is a shrinkage times the mean of the min(n − 1, p) largest eigenvalues of XᵀX, X centred, so that the same grid does
 * for features of any scale.
 *
 * @param x n × p, row-major: one point a row. Need not be centred
 * @param labels class of each point, from 0
 * @param options.classes how many there are, of which some may have no point
 * @param options.shrinkages above 0; of equal errors the first is taken
 * @throws RangeError when labels and points differ in number, a label is none of the classes, there are fewer than two
 *   points, a feature is not finite, or a shrinkage is not above 0
 *
 * Method: eigenvectors of the smaller of XᵀX and XXᵀ; a residual without its own point is e/(1 − h), h the leverage.
 * Time np·min(n, p) + min(n, p)³, memory np.
 * Reference: Golub, Heath and Wahba 1979, Technometrics 21, 215–223.
 */
export function ridgeClassifier(
  x: Activations,
  labels: ArrayLike<number>,
  { classes, shrinkages }: { classes: number; shrinkages: readonly number[] },
): RidgeClassifier {
  requireLabels(x, labels, classes);
  if (shrinkages.length === 0 || !shrinkages.every((each) => each > 0))
    throw new RangeError(`shrinkages: expected some above 0, found ${shrinkages.join(', ') || 'none'}`);
  const channels = centredChannels(x);
  const targets = targetsOf(labels, classes);
  const axes = principalAxes(channels);
  const projected = timesTransposed(axes.scores, targets.centred);
  const unit = axes.values.reduce((sum, value) => sum + value, 0) / Math.min(x.rows - 1, x.cols);
  const errors = Float64Array.from(shrinkages, (each) =>
    leaveOneOutError({ axes, projected, targets: targets.centred }, each * unit),
  );
  const shrinkage = shrinkages[errors.indexOf(Math.min(...errors))] as number;
  const weights = times(transpose(axes.directions), solved({ axes, projected }, shrinkage * unit));
  const means = Float64Array.from({ length: x.cols }, (_, j) => meanOfColumn(x, j));
  const intercept = targets.means.map((mean, k) => mean - dotColumn(means, weights, k));
  return { shrinkage, weights, intercept, leaveOneOutErrors: errors };
}

/** X = Σ scoreᵢ directionᵢᵀ. */
interface Axes {
  /** Squared lengths of the scores, largest first. */
  values: Float64Array;
  /** axes × points */
  scores: Matrix;
  /** axes × features, orthonormal */
  directions: Matrix;
}

function principalAxes(channels: Matrix): Axes {
  const points = transpose(channels);
  const narrow = channels.rows <= channels.cols;
  const { values, vectors } = eigenSymmetric(
    narrow ? timesTransposed(channels, channels) : timesTransposed(points, points),
  );
  const kept = values.filter((value) => value > negligible * (values[0] as number));
  const basis: Matrix = {
    ...vectors,
    rows: kept.length,
    data: vectors.data.subarray(0, kept.length * vectors.cols),
  };
  if (narrow) return { values: kept, scores: timesTransposed(basis, points), directions: basis };
  const lengths = kept.map(Math.sqrt);
  return {
    values: kept,
    scores: scaledRows(basis, lengths),
    directions: scaledRows(
      timesTransposed(basis, channels),
      lengths.map((length) => 1 / length),
    ),
  };
}

interface Fitted {
  axes: Axes;
  /** axes × classes */
  projected: Matrix;
}

/** Weights along the axes: axes × classes. */
function solved({ axes, projected }: Fitted, lambda: number): Matrix {
  return scaledRows(
    projected,
    axes.values.map((value) => 1 / (value + lambda)),
  );
}

function leaveOneOutError({ targets, ...fit }: Fitted & { targets: Matrix }, lambda: number): number {
  const { scores, values } = fit.axes;
  const points = targets.cols;
  const fitted = timesTransposed(transpose(solved(fit, lambda)), transpose(scores));
  let sum = 0;
  for (let i = 0; i < points; i++) {
    let leverage = 1 / points;
    values.forEach(
      (value, j) => (leverage += (scores.data[j * points + i] as number) ** 2 / (value + lambda)),
    );
    for (let k = 0; k < targets.rows; k++) {
      const at = k * points + i;
      sum += (((targets.data[at] as number) - (fitted.data[at] as number)) / (1 - leverage)) ** 2;
    }
  }
  return sum / (points * targets.rows);
}

/** 1 and −1, classes × points, minus their means. */
function targetsOf(labels: ArrayLike<number>, classes: number): { centred: Matrix; means: Float64Array } {
  const centred = zeros(classes, labels.length);
  const means = new Float64Array(classes);
  for (let k = 0; k < classes; k++) {
    const values = row(centred, k);
    values.forEach((_, i) => (values[i] = labels[i] === k ? 1 : -1));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    values.forEach((value, i) => (values[i] = value - mean));
    means[k] = mean;
  }
  return { centred, means };
}

function scaledRows(a: Matrix, factors: Float64Array): Matrix {
  return { ...a, data: a.data.map((value, at) => value * (factors[Math.floor(at / a.cols)] as number)) };
}

function meanOfColumn({ rows, cols, data }: Activations, j: number): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += data[i * cols + j] as number;
  return sum / rows;
}

function dotColumn(values: Float64Array, matrix: Matrix, k: number): number {
  return values.reduce((sum, value, j) => sum + value * (matrix.data[j * matrix.cols + k] as number), 0);
}

function requireLabels(x: Activations, labels: ArrayLike<number>, classes: number): void {
  if (labels.length !== x.rows)
    throw new RangeError(`labels: expected one for each of ${x.rows} points, found ${labels.length}`);
  const strange = Array.from(labels).find(
    (label) => !Number.isInteger(label) || label < 0 || label >= classes,
  );
  if (strange !== undefined)
    throw new RangeError(`labels: expected whole numbers from 0 to ${classes - 1}, found ${strange}`);
}
