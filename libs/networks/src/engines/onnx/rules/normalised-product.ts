import type { BatchNormLayer, Shape } from '../../../network.js';
import { columnSums } from '../columns.js';
import type { Graph } from '../graph.js';
import { multiplyRows, typicalImages, type Rows } from '../products.js';
import type { Product, Tape, Value } from '../tape.js';

/** Multiplications that take about as long as the passes over one value of x that are saved by them. */
const worthwhile = 128;

/** Whether the covariance of the columns costs less than what it saves: of a few columns over many rows. */
export function isCheap({ input }: Product, { height, width, channels }: Shape): boolean {
  const depth = input.shape.channels;
  const rows = typicalImages * height * width;
  return 2 * depth ** 2 * (1 / channels + 1 / rows) <= worthwhile;
}

/**
 * Batch norm of x = a · K without x: everything that it needs of x follows from the covariance S of the columns of a,
 * which are few. With m their means and R the number of rows,
 *
 *     mean(x) = m K        var(x) = columns of K ⊙ S K, summed
 *     y = a (K ⊙ scale) + (β − mean(x) ⊙ scale),   scale = γ / √(var(x) + ε)
 *
 * and on the way back, with G = (a − m)ᵀ dy and q = columns of K ⊙ G, summed: the sums of dy ⊙ (x − mean(x)),
 *
 *     dβ = columns of dy, summed      dγ = q / √(var(x) + ε)
 *     dK = scale ⊙ (G − S K ⊙ t),     t = q / (var(x) + ε)
 *     da = dy (K ⊙ scale)ᵀ − (a − m) (K ⊙ scale ⊙ t / R) Kᵀ − (dβ / R) (K ⊙ scale)ᵀ
 *
 * So the passes over x that batch norm otherwise takes, some twelve over the widest tensors of a network, become small
 * matrix products.
 */
export function normaliseProduct(tape: Tape, layer: BatchNormLayer, product: Product): Value {
  const { graph } = tape;
  const { op, sumOver, byColumns } = operators(graph);
  const { input, kernel: name } = product;
  const kernel = tape.weight(name);
  const depth = input.shape.channels;
  const inverseRows = tape.inverseRows(input.shape);

  const means = op('Mul', columnSums(graph, input), inverseRows);
  const mean = op('Reshape', means, graph.integers([depth, 1]));
  const squares = op('Mul', byColumns(input.name, input.name), inverseRows);
  const covariance = op('Sub', squares, op('Mul', mean, means));
  // It is its own transpose; said to be turned, it gives the same for any number of threads.
  const spread = byColumns(covariance, kernel);
  // Rounding may leave the variance of constant columns a little below 0.
  const variance = op('Relu', sumOver(0, op('Mul', kernel, spread)));
  const meanOfProduct = sumOver(0, op('Mul', mean, kernel));
  tape.statistics.push({ layer: layer.name, mean: meanOfProduct, variance });

  const inverse = op('Reciprocal', op('Sqrt', op('Add', variance, graph.scalar(layer.epsilon))));
  const scale = layer.scale ? op('Mul', tape.weight(`${layer.name}/gamma`), inverse) : inverse;
  const scaled = op('Mul', kernel, scale);
  const shift = op('Sub', tape.weight(`${layer.name}/beta`), op('Mul', meanOfProduct, scale));
  const shape = layer.output;
  const factor = { name: scaled, columns: shape.channels };
  const output = { name: multiplyRows(tape, rowsOf(input), factor, shift), shape };
  const ahead = { mean, spread, inverse, scale, scaled };
  return tape.record(output, (gradient) =>
    back(tape, layer, { ...product, ...ahead }, tape.unscaled(gradient)),
  );
}

/** Names as above: `mean` m as a column, `spread` S K, `inverse` 1 / √(var(x) + ε), `scaled` K ⊙ scale. */
interface Ahead extends Product {
  mean: string;
  spread: string;
  inverse: string;
  scale: string;
  scaled: string;
}

/** @param slope dy */
function back(tape: Tape, layer: BatchNormLayer, ahead: Ahead, slope: string): void {
  const { graph } = tape;
  const { op, sumOver, byColumns } = operators(graph);
  const { input, kernel: name, mean, spread, inverse, scale, scaled } = ahead;
  const { output: shape } = layer;
  const kernel = tape.weight(name);
  const depth = input.shape.channels;

  const sum = columnSums(graph, { name: slope, shape });
  const products = byColumns(input.name, slope);
  const centred = op('Sub', products, op('Mul', mean, sum));
  const sumByCentred = sumOver(0, op('Mul', kernel, centred));
  const byVariance = op('Mul', sumByCentred, op('Mul', inverse, inverse));
  tape.weightGradients.set(`${layer.name}/beta`, sum);
  if (layer.scale) tape.weightGradients.set(`${layer.name}/gamma`, op('Mul', sumByCentred, inverse));
  tape.weightGradients.set(name, op('Mul', scale, op('Sub', centred, op('Mul', spread, byVariance))));
  if (!tape.wantsGradient(input)) return;

  const inverseRows = tape.inverseRows(shape);
  const share = op('Mul', op('Mul', scale, byVariance), op('Neg', inverseRows));
  const throughVariance = graph.node('Gemm', [op('Mul', kernel, share), kernel], { transB: 1 });
  const throughMean = sumOver(1, op('Mul', scaled, op('Mul', sum, inverseRows)));
  const offset = op('Neg', op('Add', throughMean, sumOver(0, op('Mul', mean, throughVariance))));
  const factor = { name: throughVariance, columns: depth };
  const others = multiplyRows(tape, rowsOf(input), factor, offset);
  const turned = { name: scaled, columns: depth, transposed: true };
  tape.addGradient(input, { name: multiplyRows(tape, rowsOf({ name: slope, shape }), turned, others) });
}

function rowsOf({ name, shape: { height, width, channels } }: Value): Rows {
  return { name, points: height * width, depth: channels };
}

function operators(graph: Graph) {
  return {
    op: (operator: string, ...operands: string[]) => graph.node(operator, operands),
    byColumns: (left: string, right: string) => graph.node('Gemm', [left, right], { transA: 1 }),
    sumOver: (axis: number, matrix: string) =>
      graph.node('ReduceSum', [matrix, graph.integers([axis])], { keepdims: 0 }),
  };
}
