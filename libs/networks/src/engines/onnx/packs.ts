import type { Weights, WeightSpec } from '../../network.js';
import { sizeOf } from '../../size-of.js';

/** Tensors that a graph takes, changes and gives back as one. */
export interface Pack {
  name: string;
  /** Of the input of the graph: a matrix of one kernel, or a vector of many tensors. */
  shape: readonly number[];
  members: readonly WeightSpec[];
}

/** Tensors with fewer values than this share a vector, so that one operation serves them all. */
const small = 16_384;

/** Distributes tensors over packs: large kernels alone, the rest together. */
export function packWeights(specs: readonly WeightSpec[]): Pack[] {
  const large = specs.filter((spec) => sizeOf(spec.shape) >= small);
  const rest = specs.filter((spec) => sizeOf(spec.shape) < small);
  const packs = large.map((spec) => ({ name: spec.name, shape: matrixShape(spec), members: [spec] }));
  return rest.length === 0 ? packs : [packTogether('small', rest), ...packs];
}

/** One vector of all the tensors, in their order. */
export function packTogether(name: string, members: readonly WeightSpec[]): Pack {
  return { name, shape: [members.reduce((sum, spec) => sum + sizeOf(spec.shape), 0)], members };
}

/** A kernel as the matrix that activations are multiplied by; a vector stays one. */
export function matrixShape({ shape }: WeightSpec): readonly number[] {
  const [last = 1] = shape.slice(-1);
  return shape.length === 1 ? shape : [sizeOf(shape) / last, last];
}

/** The values of a pack, from tensors called `prefix` + name. */
export function fill(pack: Pack, weights: Weights, prefix = ''): Float32Array {
  const packed = new Float32Array(lengthOf(pack));
  forEachMember(pack, (name, from, to) => {
    const values = weights.get(prefix + name);
    if (values?.length !== to - from) {
      throw new RangeError(
        `tensor ${prefix}${name}: expected ${to - from} values, found ${values?.length ?? 'none'}`,
      );
    }
    packed.set(values, from);
  });
  return packed;
}

/** Copies the tensors out of a pack, into a map, as `prefix` + name. */
export function unpack(pack: Pack, packed: Float32Array, into: Weights, prefix = ''): void {
  forEachMember(pack, (name, from, to) => into.set(prefix + name, packed.slice(from, to)));
}

export function lengthOf({ shape }: Pack): number {
  return sizeOf(shape);
}

function forEachMember(pack: Pack, visit: (name: string, from: number, to: number) => void): void {
  let from = 0;
  for (const spec of pack.members) {
    const to = from + sizeOf(spec.shape);
    visit(spec.name, from, to);
    from = to;
  }
}
