import { openLinearAlgebra } from '@palimpsest/blas';
import { PlatformError, type LayerSimilarity, type Measure, type TaskInput } from '@palimpsest/contracts';
import {
  mean,
  measures,
  permutationBaseline,
  plain,
  sd,
  seedFrom,
  type Activations,
  type LinearAlgebra,
  type Similarity,
} from '@palimpsest/numerics';
import type { TaskContext, TaskDefinition } from '@palimpsest/platform';
import { pairLayers, type PairedLayer } from './paired-layers.js';

type Input = TaskInput<'compare'> & { algebra: LinearAlgebra };

/** One layer under one measure: what each repeat gave, and what chance gives. */
interface Compared {
  layer: PairedLayer;
  measure: Measure;
  repeats: Similarity[];
  floor: number;
}

/**
 * `compare`: the similarity of two networks, layer by layer, from their activations at the same points.
 * The floor is that of the first repeat with the points of one network in random order: by the thousands of points
 * it is an average of, another order gives nearly the same.
 */
export const compare: TaskDefinition<'compare'> = {
  kind: 'compare',
  runs: 'here',
  module: new URL('./tasks.js', import.meta.url).href,
  async run(input, context) {
    const [a, b] = await Promise.all([context.store.openTree(input.a), context.store.openTree(input.b)]);
    const layers = await pairLayers(a, b);
    const algebra = await openLinearAlgebra(context.linearAlgebra, context.threads);
    const compared: Compared[] = [];
    for (const [i, layer] of layers.entries()) {
      compared.push(...(await compareLayer(layer, { ...input, algebra }, context.signal)));
      context.progress((i + 1) / layers.length, `layer ${i + 1} of ${layers.length}`);
    }
    return {
      layers: compared.map(similarityOf),
      coefficients: await context.store.putJson('coefficients', compared.flatMap(coefficientsOf)),
      ...(algebra !== plain && { linearAlgebra: algebra.name }),
    };
  },
};

async function compareLayer(
  layer: PairedLayer,
  input: Input,
  signal: TaskContext['signal'],
): Promise<Compared[]> {
  const compared = input.measures.map((measure): Compared => ({ layer, measure, repeats: [], floor: NaN }));
  for (let repeat = 0; repeat < layer.repeats; repeat++) {
    signal.throwIfAborted();
    const { x, y } = await layer.read(repeat);
    for (const entry of compared) {
      naming(`layer ${layer.layer}, repeat ${repeat + 1}, ${entry.measure}`, () => {
        entry.repeats.push(measures[entry.measure].compute(x, y, input));
        if (repeat === 0) entry.floor = floorOf(entry, { x, y }, input);
      });
    }
  }
  return compared;
}

function floorOf(
  { layer, measure }: Compared,
  { x, y }: { x: Activations; y: Activations },
  input: Input,
): number {
  const seed = seedFrom('floor', input.seed, layer.layer);
  return permutationBaseline(measures[measure], x, y, { ...input, seed }).value;
}

/** Activations that cannot be compared (too few points, values that are not finite) are bad input, not a bug. */
function naming(what: string, compute: () => void): void {
  try {
    compute();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new PlatformError('invalid', `${what}: ${cause.message}`, { cause });
  }
}

function similarityOf({ layer, measure, repeats, floor }: Compared): LayerSimilarity {
  const values = repeats.map(({ value }) => value);
  return {
    layer: layer.layer,
    measure,
    value: mean(values),
    sd: values.length > 1 ? sd(values) : null,
    repeats: values,
    floor,
    points: layer.points,
    channels: layer.channels,
    warnings: [...new Set(repeats.flatMap(({ warnings }) => warnings))],
  };
}

/** None for a measure that knows no canonical correlations. */
function coefficientsOf({ layer, measure, repeats }: Compared) {
  const coefficients = repeats.map((repeat) => repeat.coefficients);
  return coefficients.some(({ length }) => length > 0) ? [{ layer: layer.layer, measure, coefficients }] : [];
}
