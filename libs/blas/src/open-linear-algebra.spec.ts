import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import {
  measures,
  plain,
  Random,
  seedFrom,
  type Activations,
  type Matrix,
  type MeasureName,
} from '@palimpsest/numerics';
import { load } from 'koffi';
import { describe, expect, it } from 'vitest';
import { describeLinearAlgebra } from '../../numerics/src/linalg/linear-algebra-conformance.js';
import { openLinearAlgebra } from './open-linear-algebra.js';
import { loadOpenBlas, usualNames } from './openblas/library.js';

const openBlas = { name: 'openblas' } as const;
const missing = await loadOpenBlas().then(
  () => '',
  (error: unknown) => ` (skipped: ${String(error)})`,
);

function normal(rows: number, cols: number, ...name: (string | number)[]): Activations {
  const random = new Random(seedFrom(...name, rows, cols));
  return { rows, cols, data: Float64Array.from({ length: rows * cols }, () => random.normal()) };
}

/** Half of it the first network, half noise; as many constant channels as asked for. */
function relative(x: Activations, constant: number): Activations {
  const noise = normal(x.rows, x.cols, 'noise');
  return { ...x, data: noise.data.map((value, i) => (i % x.cols < constant ? 3 : value + (x.data[i] ?? 0))) };
}

/** The largest singular value, by the built program on a thread of its own. */
async function largestOnThread(matrix: Matrix): Promise<unknown> {
  const module = new URL('../dist/index.js', import.meta.url).href;
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    import('${module}').then(async ({ openLinearAlgebra }) => {
      const algebra = await openLinearAlgebra({ name: 'openblas' }, 1);
      parentPort.postMessage(algebra.singularValues(workerData).values[0]);
    });`;
  const worker = new Worker(program, { eval: true, workerData: matrix, execArgv: [] });
  const [value] = (await once(worker, 'message')) as unknown[];
  await worker.terminate();
  return value;
}

it('needs no library for the plain one', async () => {
  expect(await openLinearAlgebra({ name: 'plain', library: '/nowhere/libopenblas.so' }, 1)).toBe(plain);
});

it('says what it looked for, and what to do, where there is no OpenBLAS', async () => {
  const error = await openLinearAlgebra({ ...openBlas, library: '/nowhere/libopenblas.so' }, 1).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'invalid' });
  expect(String(error)).toMatch(
    /LINEAR_ALGEBRA=openblas: expected the library OpenBLAS, tried \/nowhere\/libopenblas.so \(.+\); install it \(Debian: libopenblas0-pthread;.+OPENBLAS_LIBRARY/,
  );
  await expect(loadOpenBlas(['libnone.so.1', 'libnone.so.2'])).rejects.toThrow(
    /tried libnone.so.1 \(.+\), libnone.so.2 \(/,
  );
});

it.skipIf(process.platform !== 'linux')('refuses a library that is not OpenBLAS, by its name', async () => {
  await expect(openLinearAlgebra({ ...openBlas, library: 'libm.so.6' }, 1)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(
      /expected OpenBLAS with LAPACK, found libm.so.6: .*openblas_get_config/,
    ) as string,
  });
});

describe.skipIf(missing !== '')(`OpenBLAS${missing}`, () => {
  describeLinearAlgebra('openblas', () => openLinearAlgebra(openBlas, 2));

  it('names itself with its version and the kernels of this processor', async () => {
    expect((await openLinearAlgebra(openBlas, 1)).name).toMatch(/^OpenBLAS \d+\.\d+\S* \(\w+\)$/);
  });

  it('uses as many threads as it is told', async () => {
    const library = await Promise.any(usualNames().map(async (name) => Promise.resolve(load(name))));
    const threads = library.func('int openblas_get_num_threads()') as () => number;
    for (const told of [2, 1]) {
      await openLinearAlgebra(openBlas, told);
      expect(threads()).toBe(told);
    }
  });

  it('refuses a matrix that does not fill its shape, which would be read past its end', async () => {
    const algebra = await openLinearAlgebra(openBlas, 1);
    const short = { rows: 3, cols: 3, data: new Float64Array(8) };
    for (const use of [
      () => algebra.times(short, short),
      () => algebra.timesTransposed(short, short),
      () => algebra.eigenSymmetric(short),
      () => algebra.singularValues(short),
    ])
      expect(use).toThrow('expected 3 × 3 values, found 8');
  });

  it('refuses a matrix whose workspace 32 bits cannot count', async () => {
    const large = { rows: 20_001, cols: 20_001, data: new Float64Array() };
    const algebra = await openLinearAlgebra(openBlas, 1);
    expect(() => algebra.eigenSymmetric(large)).toThrow('expected at most 20000 directions, found 20001');
    expect(() => algebra.singularValues(large)).toThrow('expected at most 20000 directions, found 20001');
  });

  it('works on several threads of a process at once', async () => {
    const x = normal(300, 200, 'threads') as Matrix;
    const expected = plain.singularValues(x).values[0] ?? NaN;
    const found = await Promise.all([1, 2, 3, 4].map(() => largestOnThread(x)));
    for (const value of found) expect(value).toBeCloseTo(expected, 9);
  });

  const names = Object.keys(measures) as MeasureName[];
  it.each(names.flatMap((name) => [0, 2].map((constant) => [name, constant] as const)))(
    '%s is that of the plain one to 1e-9, with %i constant channels',
    async (name, constant) => {
      const x = normal(500, 24, 'x');
      const y = relative(x, constant);
      const algebra = await openLinearAlgebra(openBlas, 1);
      const options = { epsilon: 1e-10, summary: 'mean' } as const;
      const [expected, found] = [
        measures[name].compute(x, y, options),
        measures[name].compute(x, y, { ...options, algebra }),
      ];
      expect(found.warnings).toEqual(expected.warnings);
      expect(found.coefficients).toHaveLength(expected.coefficients.length);
      found.coefficients.forEach((value, i) => {
        expect(Math.abs(value - (expected.coefficients[i] ?? NaN))).toBeLessThan(1e-9);
      });
      expect(Math.abs(found.value - expected.value)).toBeLessThan(1e-9);
    },
  );
});
