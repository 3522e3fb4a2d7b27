import type { Network } from '../../network.js';
import { sizeOf } from '../../size-of.js';
import { byStage } from '../learning.js';
import type { Graph } from './graph.js';
import type { Pack } from './packs.js';

/**
 * Writes √(Σ g²) of each stage that learns: the output `gradientNorms`, a vector.
 *
 * @returns the stages, in the order of its values
 */
export function writeNorms(graph: Graph, network: Network, gradients: ReadonlyMap<Pack, string>): string[] {
  const squares = [...gradients].flatMap(([pack, gradient]) => squaresOf({ graph, network }, pack, gradient));
  const stages = [...new Set(squares.map(({ stage }) => stage))];
  const norms = stages.map((stage) => {
    const own = squares.flatMap((each) => (each.stage === stage ? [each.value] : []));
    return graph.node('Sqrt', [graph.node('Sum', own)]);
  });
  graph.node('Concat', norms, { axis: 0 }, 'gradientNorms');
  graph.output('gradientNorms', [stages.length]);
  return stages;
}

/** Σ g² of each stage in a pack, a vector of one value. The tensors of a stage lie side by side, as its layers do. */
function squaresOf(
  { graph, network }: { graph: Graph; network: Network },
  pack: Pack,
  gradient: string,
): { stage: string; value: string }[] {
  const pieces = [...byStage(network, pack.members)].map(([stage, members]) => ({
    stage,
    name: `gradient/${pack.name}/${stage}`,
    length: members.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
  }));
  if (pieces.length > 1) graph.split(gradient, pieces);
  return pieces.map(({ stage, name }) => {
    const square = graph.node('ReduceSumSquare', [pieces.length > 1 ? name : gradient], { keepdims: 0 });
    return { stage, value: graph.node('Reshape', [square, graph.integers([1])]) };
  });
}
