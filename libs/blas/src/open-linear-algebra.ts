import type { LinearAlgebraSettings } from '@palimpsest/contracts';
import { plain, type LinearAlgebra } from '@palimpsest/numerics';
import { decompositions } from './openblas/decompositions.js';
import { loadOpenBlas } from './openblas/library.js';
import { products } from './openblas/products.js';

/**
 * The linear algebra that settings name.
 *
 * @param threads that a kernel may use. OpenBLAS has one number for the whole process: the last one holds
 * @throws PlatformError `invalid` when OpenBLAS is asked for and is not there, or not what is needed
 */
export async function openLinearAlgebra(
  { name, library }: LinearAlgebraSettings,
  threads: number,
): Promise<LinearAlgebra> {
  if (name === 'plain') return plain;
  const openBlas = await loadOpenBlas(library === undefined ? undefined : [library]);
  openBlas.setThreads(threads);
  return { name: openBlas.version, ...products(openBlas), ...decompositions(openBlas) };
}
