import type { Engine, TrainOptions } from '../../engine.js';
import type { Network, Weights } from '../../network.js';
import { Graph } from './graph.js';
import { writeInference } from './inference-graph.js';
import { sizeOf } from './packs.js';
import { OnnxPredictor } from './predictor.js';
import { loadRuntime } from './runtime.js';
import { OnnxTrainer } from './trainer.js';
import { writeTraining } from './training-graph.js';

/**
 * The engine that needs npm alone: ONNX Runtime, its inference build, with the training step generated as a graph.
 *
 * A step or a run blocks the thread that calls it until it is done: call it from a worker thread or a process of its
 * own, as the services do with every task.
 */
export const onnxEngine: Engine = {
  name: 'onnx',

  async describe() {
    const runtime = await loadRuntime();
    return { engine: 'onnx', runtime: runtime.name, version: runtime.version };
  },

  async train(network, weights, options) {
    requireWeights(network, weights);
    requireOptions(options);
    const runtime = await loadRuntime();
    const { model, ...graph } = writeTraining(network, weights, options);
    const { threads = 1, lowMemory = false } = options;
    const session = await runtime.open(model, { threads, lowMemory });
    return new OnnxTrainer(session, graph, { network, weights, ...options });
  },

  async infer(network, weights, { taps = [], threads = 1 } = {}) {
    requireWeights(network, weights);
    const runtime = await loadRuntime();
    const graph = new Graph();
    writeInference(graph, network, weights, taps);
    const session = await runtime.open(graph.encode(), { threads, lowMemory: false });
    const shapes = network.layers
      .filter(({ name }) => taps.includes(name))
      .map(({ name, output }) => [name, output] as const);
    return new OnnxPredictor(session, network, new Map(shapes));
  },
};

function requireWeights(network: Network, weights: Weights): void {
  for (const spec of network.weights) {
    const found = weights.get(spec.name)?.length;
    if (found === sizeOf(spec)) continue;
    throw new RangeError(
      `weights of ${network.name}: expected ${spec.name} of ${spec.shape.join(' × ')}, found ${found ?? 'no'} values`,
    );
  }
}

function requireOptions({ optimiser }: TrainOptions): void {
  const { learningRate, beta1, beta2, epsilon } = optimiser;
  const inRange = learningRate > 0 && beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0;
  if (inRange) return;
  throw new RangeError(
    `optimiser: expected learningRate > 0, beta1 and beta2 in [0, 1), epsilon > 0, found ${JSON.stringify(optimiser)}`,
  );
}
