import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { openLinearAlgebra } from '@palimpsest/blas';
import { messageOf, PlatformError, type Measure } from '@palimpsest/contracts';
import { readNpy } from '@palimpsest/formats';
import { measures, plain, transpose, type Activations } from '@palimpsest/numerics';
import { linearAlgebraSettings, loadConfig } from '@palimpsest/platform/work';
import type { CompareOptions } from '../commands/compare.js';

/** Similarity of two activation matrices. */
export interface Comparison {
  measure: Measure;
  value: number;
  /** Canonical correlations, largest first; none for CKA. */
  coefficients: number[];
  points: number;
  /** Of the first matrix and of the second. */
  channels: [number, number];
  warnings: string[];
  /** What computed, with its version; left out for the plain one. */
  linearAlgebra?: string;
}

/** @throws PlatformError `invalid` or `not-found`, naming the file */
export async function compareFiles(
  fileA: string,
  fileB: string,
  options: Omit<CompareOptions, 'json'>,
): Promise<Comparison> {
  const [a, b] = [await readMatrix(fileA, options), await readMatrix(fileB, options)];
  const { measure, epsilon, summary } = options;
  const config = loadConfig();
  const threads = config.THREADS_PER_TASK ?? availableParallelism();
  const algebra = await openLinearAlgebra(linearAlgebraSettings(config), threads);
  try {
    if (a.rows !== b.rows) {
      throw new RangeError(`expected the same data points in both files, found ${a.rows} and ${b.rows}`);
    }
    const { value, coefficients, warnings } = measures[measure].compute(a, b, { epsilon, summary, algebra });
    return {
      ...{ measure, value, coefficients: [...coefficients] },
      ...{ points: a.rows, channels: [a.cols, b.cols], warnings: [...warnings] },
      ...(algebra !== plain && { linearAlgebra: algebra.name }),
    };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const turned = !options.channelsFirst && (a.rows < a.cols || b.rows < b.cols);
    const hint = turned ? '; if the files hold channels × data points, add --channels-first' : '';
    throw new PlatformError('invalid', `${fileA} and ${fileB}: ${cause.message}${hint}`, { cause });
  }
}

/** The comparison for people. */
export function comparisonText({
  measure,
  value,
  coefficients,
  points,
  channels,
  warnings,
  linearAlgebra,
}: Comparison): string {
  const largest = coefficients.slice(0, 5).map((c) => c.toFixed(4));
  return [
    `${measure} ${value}`,
    `${points} data points, ${channels.join(' and ')} channels`,
    ...(largest.length > 0 ? [`largest correlations ${largest.join(', ')}`] : []),
    ...(linearAlgebra === undefined ? [] : [`by ${linearAlgebra}`]),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

async function readMatrix(
  file: string,
  { channelsFirst }: Pick<CompareOptions, 'channelsFirst'>,
): Promise<Activations> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new PlatformError('not-found', `${file}: ${messageOf(cause)}`, { cause });
  });
  const { shape, data } = parseNpy(file, bytes);
  const [rows, cols, ...more] = shape;
  if (rows === undefined || cols === undefined || more.length > 0) {
    throw new PlatformError(
      'invalid',
      `${file}: expected 2 dimensions, found ${shape.length} (shape ${shape.join(' × ') || 'of a number'})`,
    );
  }
  const odd = data.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0) {
    const place = `row ${Math.floor(odd / cols)}, column ${odd % cols}`;
    throw new PlatformError(
      'invalid',
      `${file}: expected finite numbers, found ${String(data[odd])} in ${place}`,
    );
  }
  const matrix = { rows, cols, data };
  return channelsFirst ? transpose(matrix) : matrix;
}

function parseNpy(file: string, bytes: Uint8Array): ReturnType<typeof readNpy> {
  try {
    return readNpy(bytes);
  } catch (cause) {
    throw new PlatformError('invalid', `${file}: ${messageOf(cause)}`, { cause });
  }
}
