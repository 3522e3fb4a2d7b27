import type { ConvLayer, Layer, Padding, Shape } from '../../../network.js';
import { gatherByTap, gatherPoints, withZeros } from '../batch-rows.js';
import type { Graph } from '../graph.js';
import { typicalImages } from '../products.js';
import type { Tape, Value } from '../tape.js';
import { copiesOfInput, inputsByTap, paddingBack, pointsOf, type Sliding } from '../windows.js';
import { transformsOf, transpose, type Matrix, type TileSide } from '../winograd.js';
import { factorOut, learnBias } from './kernel.js';

/** Rows of a product that take about as long as the passes over a transformed kernel. */
const kernelPasses = 32;
/** Fewest channels on both sides for which the products outweigh the transforms. */
const fewestChannels = 32;

/**
 * Whether rounding allows for tiles. Where points of a channel have much in common, as those of a channel that is open at
 * all of them, the plain sum rounds it alike at each, and a batch norm takes that away; points of a tile differ in it. It
 * shows where shares are summed along many shortcuts, as in InceptionResNetV2, and gradients have no digit to spare.
 */
export function allowTiles(layers: readonly Layer[]): boolean {
  return !layers.some((layer) => layer.kind === 'add' && layer.scale !== 1);
}

/** The side of the tiles in which a convolution is best done; none where it is no 3 × 3 one of enough channels. */
export function tileSideOf(
  { kernel: [height, width], stride, output }: ConvLayer,
  input: Shape,
): TileSide | undefined {
  if (height !== 3 || width !== 3 || stride !== 1) return undefined;
  if (Math.min(input.channels, output.channels) < fewestChannels) return undefined;
  const cost = (side: TileSide) =>
    (side + 2) ** 2 * (typicalImages * pointsOf(tilesOver(output, side)) + kernelPasses);
  return cost(4) < cost(2) ? 4 : 2;
}

/**
 * A 3 × 3 convolution by minimal filtering: its inputs tile by tile, times a constant matrix; as many matrix products as
 * a tile has positions, each over all tiles; and a constant matrix again. With the names of `winograd.ts`,
 *
 *     V = Bᵀ d B      U = G g Gᵀ      y = Aᵀ (V U) A
 *     dM = A dy Aᵀ    dU = Vᵀ dM      dg = Gᵀ dU G
 *
 * and the gradient of the input is the same convolution of dy, with mirrored tiles and Uᵀ.
 *
 * The runtime gives a position to a thread; the bytes stay the same for as many threads as there are positions.
 */
export function tiled(tape: Tape, layer: ConvLayer, input: Value, side: TileSide): Value {
  const { graph } = tape;
  const { biasless, rebuild } = tape.options;
  const { name, padding, output: to } = layer;
  const matrices = transformsOf(side);
  const spreadKernel = () => spread(graph, matrices.kernel, tape.weight(`${name}/kernel`), to.channels);
  const kernel = spreadKernel();
  const spreadInput = () =>
    spreadTiles(tape, withZeros(graph, input), { from: input.shape, to, padding, side });
  const ahead = spreadInput();
  const product = joinTiles(tape, multiply(graph, ahead, kernel), { to, side });
  const output = biasless.has(name) ? product : graph.node('Add', [product, tape.weight(`${name}/bias`)]);

  return tape.record({ name: output, shape: to }, (gradient) => {
    learnBias(tape, layer, gradient);
    const depth = matrices.kernel.rows.length * input.shape.channels;
    const { slope, scaled } = factorOut(tape, gradient, { shape: to, depth });
    const slopes = withZeros(graph, { name: slope, shape: to });
    const sums = spreadOutputs(tape, slopes, { to, side });
    const learnt = multiply(graph, turn(graph, rebuild || isLargeImage(to) ? spreadInput() : ahead), sums);
    const byTap = join(graph, transpose(matrices.kernel), learnt, to.channels);
    tape.weightGradients.set(`${name}/kernel`, scaled(byTap));
    if (!tape.wantsGradient(input)) return;
    const back = { from: to, to: input.shape, padding: paddingBack(layer), side, mirrored: true };
    const kernelBack = rebuild || isLargeKernel(to, side) ? spreadKernel() : kernel;
    const products = multiply(graph, spreadTiles(tape, slopes, back), turn(graph, scaled(kernelBack)));
    tape.addGradient(input, { name: joinTiles(tape, products, back) });
  });
}

/** Whether the transform of inputs is made a second time and not kept. */
function isLargeImage(to: Shape): boolean {
  return pointsOf(to) >= 56 ** 2;
}

/** The same for that of a kernel: where it takes more memory than the inputs'. */
function isLargeKernel(to: Shape, side: TileSide): boolean {
  return to.channels > typicalImages * pointsOf(tilesOver(to, side));
}

interface Tiling {
  /** What tiles of outputs cover. */
  to: Shape;
  side: TileSide;
  mirrored?: boolean;
}

interface Windows extends Tiling {
  from: Shape;
  padding: Padding;
}

/** V = Bᵀ d B: positions × (n · tiles) × channels. @param rows as `withZeros` gives them */
function spreadTiles(tape: Tape, rows: string, { from, to, padding, side, mirrored }: Windows): string {
  const window = { kernel: [side + 2, side + 2] as const, stride: side, padding };
  const table = inputsByTap({ from, to: tilesOver(to, side), window });
  const tiles = gatherByTap(tape, rows, table);
  return spread(tape.graph, transformsOf(side, mirrored).input, tiles, from.channels);
}

/** dM = A dy Aᵀ: positions × (n · tiles) × channels. @param rows as `withZeros` gives them */
function spreadOutputs(tape: Tape, rows: string, { to, side }: Tiling): string {
  const tiles = gatherByTap(tape, rows, inputsByTap(tilesOfOutputs({ to, side })));
  return spread(tape.graph, transpose(transformsOf(side).output), tiles, to.channels);
}

/** y = Aᵀ M A, as rows. @param products positions × (n · tiles) × channels */
function joinTiles(tape: Tape, products: string, { to, side, mirrored }: Tiling): string {
  const tiles = join(tape.graph, transformsOf(side, mirrored).output, products, to.channels);
  const table = copiesOfInput(tilesOfOutputs({ to, side }));
  return gatherPoints(tape, tiles, table, pointsOf(tilesOver(to, side)));
}

/** The outputs of a convolution as what tiles of their own size see. */
function tilesOfOutputs({ to, side }: Tiling): Sliding {
  const padding = { top: 0, left: 0, bottom: 0, right: 0 };
  return { from: to, to: tilesOver(to, side), window: { kernel: [side, side], stride: side, padding } };
}

/** How many tiles it takes to cover a shape. */
function tilesOver({ height, width, channels }: Shape, side: TileSide): Shape {
  return { height: Math.ceil(height / side), width: Math.ceil(width / side), channels };
}

/** A constant matrix times blocks of rows, as many as it has columns: a block for each of its rows. */
function spread(graph: Graph, matrix: Matrix, blocks: string, channels: number): string {
  const shape = graph.integers([matrix.rows.length, -1, channels]);
  return graph.node('Reshape', [transform(graph, matrix, blocks), shape]);
}

/** The same, its blocks one after the other as one matrix. */
function join(graph: Graph, matrix: Matrix, blocks: string, channels: number): string {
  return graph.node('Reshape', [transform(graph, matrix, blocks), graph.integers([-1, channels])]);
}

function transform(graph: Graph, { name, rows }: Matrix, blocks: string): string {
  const columns = rows[0]?.length ?? 0;
  const matrix = graph.constant(name, [rows.length, columns], () => Float32Array.from(rows.flat()));
  return graph.node('Gemm', [matrix, graph.node('Reshape', [blocks, graph.integers([columns, -1])])]);
}

/** Products of matrices, one for each position. */
function multiply(graph: Graph, left: string, right: string): string {
  return graph.node('MatMul', [left, right]);
}

function turn(graph: Graph, matrices: string): string {
  return graph.node('Transpose', [matrices], { perm: [0, 2, 1] });
}
