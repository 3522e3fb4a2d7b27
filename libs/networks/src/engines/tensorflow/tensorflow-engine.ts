import type { Engine } from '../../engine.js';
import { requireOptions, requireWeights } from '../requirements.js';
import { Device } from './device.js';
import { loadLibrary, type LibraryPlace } from './library.js';
import { TensorflowPredictor } from './predictor.js';
import { TensorflowTrainer } from './trainer.js';

export interface TensorflowOptions extends Pick<LibraryPlace, 'folder' | 'deterministic'> {
  gpu: boolean;
}

/**
 * TensorFlow under Node: each layer by the library's own kernels, without tf.layers.
 *
 * A step or a run blocks the thread that calls it until it is done. Threads are those of the first call in a process.
 */
export function tensorflowEngine({ gpu, folder, deterministic }: TensorflowOptions): Engine {
  const name = gpu ? 'tensorflow-gpu' : 'tensorflow';
  const package_ = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const load = (threads: number) => loadLibrary({ package: package_, folder, threads, deterministic });
  return {
    name,

    async describe() {
      const library = load(1);
      const runtime = gpu && !library.gpu ? `${package_}, which found no GPU` : package_;
      return Promise.resolve({ engine: name, runtime, version: library.version });
    },

    async train(network, weights, options) {
      requireWeights(network, weights);
      requireOptions(network, options);
      const { binding } = load(options.threads ?? 1);
      return Promise.resolve(new TensorflowTrainer(new Device(binding), network, weights, options));
    },

    async infer(network, weights, { taps = [], threads = 1 } = {}) {
      requireWeights(network, weights);
      const { binding } = load(threads);
      return Promise.resolve(new TensorflowPredictor(new Device(binding), network, weights, taps));
    },
  };
}
