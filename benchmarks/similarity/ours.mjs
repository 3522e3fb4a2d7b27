/**
 * One measurement of our linear algebra: node ours.mjs plain|openblas '{"points":…,"channels":…,"threads":…}' prints a
 * line of JSON, seconds by what was computed.
 */
import { openLinearAlgebra } from '@palimpsest/blas';
import { linearCka, cca, Random, seedFrom, transpose } from '@palimpsest/numerics';

const [name, job] = process.argv.slice(2);
const { points, channels, threads } = JSON.parse(job);
const algebra = await openLinearAlgebra({ name }, threads);

const random = new Random(seedFrom('similarity'));
const first = Float32Array.from({ length: points * channels }, () => random.normal());
const x = { rows: points, cols: channels, data: first };
const y = { ...x, data: first.map((value) => value + random.normal()) };
const [a, b] = [transpose(x), transpose(y)];

const seconds = {};
function timed(what, compute) {
  const started = performance.now();
  const made = compute();
  seconds[what] = (performance.now() - started) / 1000;
  return made;
}
const gram = timed('channels with themselves', () => algebra.timesTransposed(a, a));
const cross = timed('channels with others', () => algebra.timesTransposed(a, b));
timed('eigenvectors', () => algebra.eigenSymmetric(gram));
timed('singular vectors', () => algebra.singularValues(cross));
timed('CKA', () => linearCka(x, y, algebra));
timed('CCA', () => cca(x, y, { epsilon: 1e-10, algebra }));
console.log(JSON.stringify({ name: algebra.name, seconds }));
