import type { BatchNormLayer, Shape } from '../../../network.js';
import { columnSums, WideRows } from '../columns.js';
import type { Graph } from '../graph.js';
import { rowsOf } from '../layout.js';
import { multiplyRows, typicalImages } from '../products.js';
import type { Product, Tape, Value } from '../tape.js';
import { normalScale } from './normal-scale.js';

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
 * which are few. With m their means, c = a − m and R the number of rows,
 *
 *     mean(x) = m K        var(x) = columns of K ⊙ S K, summed,   S = cᵀ c / R
 *     y = c (K ⊙ scale) + β,                                      scale = γ / √(var(x) + ε)
 *
 * and on the way back, with G = cᵀ dy and q = columns of K ⊙ G, summed: the sums of dy ⊙ (x − mean(x)),
 *
 *     dβ = columns of dy, summed      dγ = q / √(var(x) + ε)
 *     dK = scale ⊙ (G − S K ⊙ t),     t = q / (var(x) + ε)
 *     da = dy (K ⊙ scale)ᵀ − c (K ⊙ scale ⊙ t / R) Kᵀ − (dβ / R) (K ⊙ scale)ᵀ
 *
 * So the passes over x that batch norm otherwise takes, some twelve over the widest tensors of a network, become one over
 * a and small matrix products. Without taking m away first, sums of what all rows have in common would drown the rest.
 */
export function normaliseProduct(tape: Tape, layer: BatchNormLayer, product: Product): Value {
  const { graph } = tape;
  const { op, sumOver, byColumns } = operators(graph);
  const { input, kernel: name } = product;
  const kernel = tape.weight(name);
  const inverseRows = tape.inverseRows(input.shape);

  const means = op('Mul', columnSums(graph, input), inverseRows);
  const wide = new WideRows(graph, input.shape.channels, input.shape.height * input.shape.width);
  const centred = wide.narrow(op('Sub', wide.widen(input.name), wide.repeat(means)));
  const covariance = op('Mul', byColumns(centred, centred), inverseRows);
  // It is its own transpose; said to be turned, it gives the same for any number of threads.
  const spread = byColumns(covariance, kernel);
  // Rounding may leave that of a constant column a little below 0.
  const variance = op('Relu', sumOver(0, op('Mul', kernel, spread)));
  const mean = op('Reshape', means, graph.integers([input.shape.channels, 1]));
  tape.statistics.push({ layer: layer.name, mean: sumOver(0, op('Mul', mean, kernel)), variance });

  const { inverse, scale } = normalScale(tape, layer, variance);
  const scaled = op('Mul', kernel, scale);
  const { output: shape } = layer;
  const factor = { name: scaled, columns: shape.channels };
  const rows = rowsOf({ ...input, name: centred });
  const output = { name: multiplyRows(tape, rows, factor, tape.weight(`${layer.name}/beta`)), shape };
  const ahead = { centred, spread, inverse, scale, scaled };
  return tape.record(output, (gradient) =>
    back(tape, layer, { ...product, ...ahead }, tape.unscaled(gradient)),
  );
}

/** Names as above: `centred` c, `spread` S K, `inverse` 1 / √(var(x) + ε), `scaled` K ⊙ scale. */
interface Ahead extends Product {
  centred: string;
  spread: string;
  inverse: string;
  scale: string;
  scaled: string;
}

/** @param slope dy */
function back(tape: Tape, layer: BatchNormLayer, ahead: Ahead, slope: string): void {
  const { graph } = tape;
  const { op, sumOver, byColumns } = operators(graph);
  const { input, kernel: name, centred, spread, inverse, scale, scaled } = ahead;
  const { output: shape } = layer;
  const kernel = tape.weight(name);
  const depth = input.shape.channels;

  const sum = columnSums(graph, { name: slope, shape });
  const products = byColumns(centred, slope);
  const sumByCentred = sumOver(0, op('Mul', kernel, products));
  const byVariance = op('Mul', sumByCentred, op('Mul', inverse, inverse));
  tape.weightGradients.set(`${layer.name}/beta`, sum);
  if (layer.scale) tape.weightGradients.set(`${layer.name}/gamma`, op('Mul', sumByCentred, inverse));
  tape.weightGradients.set(name, op('Mul', scale, op('Sub', products, op('Mul', spread, byVariance))));
  if (!tape.wantsGradient(input)) return;

  const inverseRows = tape.inverseRows(shape);
  const share = op('Mul', op('Mul', scale, byVariance), op('Neg', inverseRows));
  const throughVariance = graph.node('Gemm', [op('Mul', kernel, share), kernel], { transB: 1 });
  const throughMean = sumOver(1, op('Mul', scaled, op('Mul', sum, inverseRows)));
  const factor = { name: throughVariance, columns: depth };
  const rows = rowsOf({ ...input, name: centred });
  const others = multiplyRows(tape, rows, factor, op('Neg', throughMean));
  const turned = { name: scaled, columns: depth, transposed: true };
  tape.addGradient(input, { name: multiplyRows(tape, rowsOf({ name: slope, shape }), turned, others) });
}

function operators(graph: Graph) {
  return {
    op: (operator: string, ...operands: string[]) => graph.node(operator, operands),
    byColumns: (left: string, right: string) => graph.node('Gemm', [left, right], { transA: 1 }),
    sumOver: (axis: number, matrix: string) =>
      graph.node('ReduceSum', [matrix, graph.integers([axis])], { keepdims: 0 }),
  };
}
