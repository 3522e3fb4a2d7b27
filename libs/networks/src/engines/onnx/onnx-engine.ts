import type { Engine } from '../../engine.js';
import { requireOptions, requireWeights } from '../requirements.js';
import { Graph } from './graph.js';
import { writeInference } from './inference-graph.js';
import { OnnxPredictor } from './predictor.js';
import { loadRuntime, type Provider } from './runtime.js';
import { OnnxTrainer } from './trainer.js';
import { writeTraining } from './training-graph.js';

/**
 * The engine that needs npm alone: ONNX Runtime, its inference build, with the training step generated as a graph.
 *
 * A step or a run blocks the thread that calls it until it is done: call it from a worker thread or a process of its
 * own, as the services do with every task.
 */
export function onnxOn(provider: Provider): Engine {
  return {
    name: 'onnx',

    async describe() {
      const runtime = await loadRuntime();
      const on = provider === 'cpu' ? '' : ` on ${provider}`;
      return { engine: 'onnx', runtime: `${runtime.name}${on}`, version: runtime.version };
    },

    async train(network, weights, options) {
      requireWeights(network, weights);
      requireOptions(network, options);
      const runtime = await loadRuntime();
      const { model, ...graph } = writeTraining(network, weights, options);
      const { threads = 1 } = options;
      const session = await runtime.open(model, { provider, threads });
      return new OnnxTrainer(session, graph, { network, weights, ...options });
    },

    async infer(network, weights, { taps = [], threads = 1 } = {}) {
      requireWeights(network, weights);
      const runtime = await loadRuntime();
      const graph = new Graph();
      writeInference(graph, network, weights, taps);
      const session = await runtime.open(graph.encode(), { provider, threads });
      const shapes = network.layers
        .filter(({ name }) => taps.includes(name))
        .map(({ name, output }) => [name, output] as const);
      return new OnnxPredictor(session, network, new Map(shapes));
    },
  };
}

/** On processors. */
export const onnxEngine = onnxOn('cpu');
