import type { LinearAlgebra } from '../linalg/linear-algebra.js';
import type { Activations } from '../linalg/matrix.js';
import { cca } from './cca.js';
import { linearCka } from './cka.js';
import { pwcca } from './pwcca.js';
import type { Summary } from './summary.js';
import { summarise } from './summary.js';
import { svcca } from './svcca.js';

export interface MeasureOptions {
  /** Regularisation of the covariances, as in google/svcca; CKA needs none. */
  readonly epsilon: number;
  /** How correlations become one number; PWCCA and CKA define their own. */
  readonly summary: Summary;
  /** What computes; the plain one when left out. */
  readonly algebra?: LinearAlgebra;
}

/** Similarity of two networks at one layer. */
export interface Similarity {
  readonly value: number;
  /** Canonical correlations, largest first; none for CKA. */
  readonly coefficients: readonly number[];
  readonly warnings: readonly string[];
}

export interface Measure {
  /** One sentence for the reader of a report. */
  readonly describe: string;
  /** x: n × p, y: n × q, the same points in the same order. Throws RangeError as the function behind it. */
  compute(x: Activations, y: Activations, options: MeasureOptions): Similarity;
}

export type MeasureName = 'cca' | 'svcca' | 'pwcca' | 'cka';

/** Every similarity measure by its name in a study. */
export const measures: Readonly<Record<MeasureName, Measure>> = {
  cca: {
    describe: 'Canonical correlations between all channels; the same under any invertible linear map.',
    compute(x, y, options) {
      const found = cca(x, y, options);
      return { ...found, value: summarise(found.coefficients, options.summary) };
    },
  },
  svcca: {
    describe: 'Canonical correlations between the leading directions that hold 99 % of the variance.',
    compute(x, y, options) {
      const found = svcca(x, y, options);
      return { ...found, value: summarise(found.coefficients, options.summary) };
    },
  },
  pwcca: {
    describe: 'Canonical correlations, weighted by how much of the first network each accounts for.',
    compute(x, y, options) {
      const { coefficients, weights, warnings } = pwcca(x, y, options);
      const value = coefficients.reduce((sum, c, i) => sum + c * (weights[i] as number), 0);
      return { value, coefficients, warnings };
    },
  },
  cka: {
    describe:
      'Linear centred kernel alignment; the same under rotations, sensitive to directions of high variance.',
    compute(x, y, { algebra }) {
      return { ...linearCka(x, y, algebra), coefficients: [] };
    },
  },
};
