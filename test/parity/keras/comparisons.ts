import type { Adam, Engine, Network, Weights } from '@palimpsest/networks';
import { expect, it } from 'vitest';
import type { SavedModel } from './saved-model.js';

/** Of single precision against Keras in double precision, relative to the largest value of a tensor. */
const tolerance = 1e-4;
/**
 * A gradient this much smaller than the largest of its network is zero but for rounding, such as that of a bias which
 * the next batch norm takes away again.
 */
const nothing = 1e-6;
const timeout = 5 * 60_000;
/** As in save-models.py: three steps move a kernel by about thirty times what `tolerance` allows. */
const adam: Adam = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-3 };

/**
 * Adam without memory and with an ε far above every gradient: a step is the gradient times `descent`, so large that
 * what the weight was before does not show.
 */
const descent = 1e10;
const plainDescent: Adam = { learningRate: 1e20, beta1: 0, beta2: 0, epsilon: 1e10 };

export interface Compared {
  engine: Engine;
  build: (imageSize: number) => Network;
  /** Sides of the images that it is looked at with. */
  sizes: readonly number[];
  /** Side of those that it is trained on. */
  trained: number;
  /** Of gradients, where it is not `tolerance`. */
  gradientTolerance?: number;
}

/** What a network must compute as Keras does. */
export function comparisons(
  saved: SavedModel,
  { engine, build, sizes, trained, gradientTolerance = tolerance }: Compared,
): void {
  it.each(sizes)('puts out what Keras does, images of %i pixels', { timeout }, async (size) => {
    const inference = saved.read('inference');
    const weights = new Map([...saved.read('weights'), ...inference]);
    const expected = beginningWith(`activations/${size}/`, inference);
    const predictor = await engine.infer(build(size), weights, { taps: [...expected.keys()] });
    const { taps, probabilities } = await predictor.run(find(inference, `images/${size}`));
    await predictor.dispose();
    const found = new Map([...taps].map(([name, { data }]) => [name, data]));
    expectClose(found, expected);
    expect(errorOf(probabilities, find(inference, `probabilities/${size}`))).toBeLessThan(tolerance);
  });

  it('has the loss, the statistics and the gradients of Keras after a step', { timeout }, async () => {
    const step = saved.read('step');
    const before = saved.read('weights');
    const { loss, after } = await train(engine, build(trained), {
      before,
      step,
      steps: 1,
      optimiser: plainDescent,
    });
    expect(errorOf([loss], find(step, 'loss'))).toBeLessThan(tolerance);
    expectClose(after, new Map([...step].filter(([name]) => name.includes('/moving_'))));
    const gradients = beginningWith('gradients/', step);
    const found = new Map([...gradients.keys()].map((name) => [name, gradientOf(name, before, after)]));
    const largest = Math.max(...[...gradients.values()].map(largestOf));
    expectClose(
      found,
      gradients,
      (own) => ((own < nothing * largest ? largest : own) * gradientTolerance) / tolerance,
    );
  });

  it('has the weights of Keras after three steps of Adam', { timeout }, async () => {
    const step = saved.read('step');
    const before = saved.read('weights');
    const { after } = await train(engine, build(trained), { before, step, steps: 3, optimiser: adam });
    expectClose(after, saved.read('trained'));
  });
}

interface Training {
  before: Weights;
  /** Images and labels. */
  step: Weights;
  steps: number;
  optimiser: Adam;
}

/** @returns loss before the last step, and the weights after it */
async function train(
  engine: Engine,
  network: Network,
  { before, step, steps, optimiser }: Training,
): Promise<{ loss: number; after: Weights }> {
  const trainer = await engine.train(network, before, {
    optimiser,
    trainable: 'all',
    seed: 1,
    threads: 2,
  });
  let loss = NaN;
  for (let i = 0; i < steps; i++) ({ loss } = await trainer.step(find(step, 'images'), find(step, 'labels')));
  const { weights: after } = trainer.state();
  await trainer.dispose();
  return { loss, after };
}

function gradientOf(name: string, before: Weights, after: Weights): Float32Array {
  const moved = find(after, name);
  return find(before, name).map((value, i) => (value - (moved[i] ?? NaN)) / descent);
}

function find(tensors: Weights, name: string): Float32Array {
  const values = tensors.get(name);
  if (!values) throw new Error(`tensor ${name}: not among the ${tensors.size} that are there`);
  return values;
}

function beginningWith(prefix: string, tensors: Weights): Weights {
  const chosen = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(chosen.map(([name, values]) => [name.slice(prefix.length), values]));
}

/** Names every tensor that is further off than it may be. @param scaleOf what errors are relative to, by the largest value */
function expectClose(found: Weights, expected: Weights, scaleOf = (largest: number) => largest): void {
  expect(expected.size).toBeGreaterThan(0);
  const errors = [...expected].map(([name, values]) => ({
    name,
    error: errorOf(find(found, name), values, scaleOf(largestOf(values))),
  }));
  expect(errors.filter(({ error }) => !(error < tolerance))).toEqual([]);
}

/** Largest difference, relative to the largest value expected or to another scale. */
function errorOf(found: ArrayLike<number>, expected: Float32Array, scale = largestOf(expected)): number {
  return largestOf(expected.map((value, i) => value - (found[i] ?? NaN))) / scale;
}

function largestOf(values: Float32Array): number {
  return values.reduce(
    (most, value) => (Math.abs(value) > most || Number.isNaN(value) ? Math.abs(value) : most),
    0,
  );
}
