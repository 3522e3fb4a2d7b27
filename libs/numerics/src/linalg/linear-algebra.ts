import { eigenSymmetric, type Eigen } from './eigen.js';
import type { Matrix } from './matrix.js';
import { times, timesTransposed } from './products.js';
import { singularValues, type Svd } from './svd.js';

/**
 * The kernels that a similarity spends its time in. Whatever passes `describeLinearAlgebra` may take the place of the
 * plain ones; results then differ in their last digits. No kernel changes its input.
 */
export interface LinearAlgebra {
  /** What computes, with its version. */
  readonly name: string;
  /** A · Bᵀ; the same object twice gives an exactly symmetric product. @throws RangeError when the rows differ in length */
  timesTransposed(a: Matrix, b: Matrix): Matrix;
  /** A · B. @throws RangeError when A has another number of columns than B has rows */
  times(a: Matrix, b: Matrix): Matrix;
  /** Of a matrix that must be symmetric. @throws RangeError when it is not square or holds a value that is not finite */
  eigenSymmetric(a: Matrix): Eigen;
  /** @throws RangeError when a value is not finite */
  singularValues(a: Matrix): Svd;
}

/** The same bytes on every machine. */
export const plain: LinearAlgebra = { name: 'plain', timesTransposed, times, eigenSymmetric, singularValues };
