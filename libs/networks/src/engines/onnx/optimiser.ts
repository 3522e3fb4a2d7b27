import type { Optimiser } from '../../engine.js';
import { sizeOf } from '../../size-of.js';
import { decays, type Moment } from '../moments.js';
import { adam } from './adam.js';
import type { Graph } from './graph.js';
import { lengthOf, type Pack } from './packs.js';
import { sgd } from './sgd.js';

/** What the rule of an optimiser writes the step of a pack with. */
export interface PackStep {
  graph: Graph;
  /** The pack before the step, decayed where it decays. */
  weight: () => string;
  gradient: string;
  /** Declares a moment of the pack as an input. */
  moment: (name: Moment) => string;
  /** Adds an operator whose result is the pack, or a moment of it, after the step. */
  next: (state: 'w' | Moment, operator: string, ...operands: string[]) => string;
}

/** What this engine must know of an optimiser. */
export interface Rule<O extends Optimiser> {
  write(pack: PackStep, optimiser: O): void;
  /** The input `stepSize` of a step. */
  stepSize(optimiser: O, at: StepPlace): number;
}

export interface StepPlace {
  learningRate: number;
  /** From 1. */
  step: number;
}

/** Writes one step of an optimiser for a pack: reads `w/<pack>` and moments and gives `next/w/<pack>` and so on. */
export function writeStep(graph: Graph, pack: Pack, gradient: string, optimiser: Optimiser): void {
  const step: PackStep = {
    graph,
    gradient,
    weight: () => (optimiser.weightDecay ? decayed(graph, pack) : `w/${pack.name}`),
    moment: (name) => graph.input(`${name}/${pack.name}`, pack.shape),
    next(state, operator, ...operands) {
      const output = graph.node(operator, operands, {}, `next/${state}/${pack.name}`);
      graph.output(output, pack.shape);
      return output;
    },
  };
  if (optimiser.kind === 'sgd') sgd.write(step, optimiser);
  else adam.write(step, optimiser);
}

/** The scalars that a step takes: `stepSize`, and `decay` where weights decay. */
export function stepScalars(optimiser: Optimiser, at: StepPlace): Map<string, number> {
  const stepSize = optimiser.kind === 'sgd' ? sgd.stepSize(optimiser, at) : adam.stepSize(optimiser, at);
  const { weightDecay } = optimiser;
  return new Map([
    ['stepSize', stepSize],
    ...(weightDecay ? [['decay', at.learningRate * weightDecay] as const] : []),
  ]);
}

/** w − decay · w, of the kernels in a pack. */
function decayed(graph: Graph, pack: Pack): string {
  const weight = `w/${pack.name}`;
  const kernels = pack.members.filter(({ name }) => decays(name));
  if (kernels.length === 0) return weight;
  const all = kernels.length === pack.members.length;
  const share = all ? 'decay' : graph.node('Mul', [kernelMask(graph, pack), 'decay']);
  return graph.node('Sub', [weight, graph.node('Mul', [weight, share])]);
}

/** 1 for every value of a kernel, 0 for the others. */
function kernelMask(graph: Graph, pack: Pack): string {
  return graph.constant(`kernels of ${pack.name}`, pack.shape, () => {
    const mask = new Float32Array(lengthOf(pack));
    let from = 0;
    for (const spec of pack.members) {
      const to = from + sizeOf(spec.shape);
      mask.fill(decays(spec.name) ? 1 : 0, from, to);
      from = to;
    }
    return mask;
  });
}
