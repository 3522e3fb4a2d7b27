import type { Inference, Predictor, Tap } from '../../engine.js';
import type { Layer, Network, Weights } from '../../network.js';
import { countImages, probabilitiesOf, unitsOf } from '../batches.js';
import type { Device, Tensor } from './device.js';
import { infer } from './passes.js';
import { using } from './rules/rule.js';

/** Runs a network that does not change. */
export class TensorflowPredictor implements Predictor {
  readonly #network: Network;
  readonly #taps: readonly Layer[];
  readonly #weights: ReadonlyMap<string, Tensor>;

  constructor(
    private readonly device: Device,
    network: Network,
    weights: Weights,
    taps: readonly string[],
  ) {
    this.#network = network;
    const unknown = taps.find((name) => !network.layers.some((layer) => layer.name === name));
    if (unknown !== undefined)
      throw new RangeError(`layer ${unknown}: expected one of ${network.name}, found none of that name`);
    this.#taps = network.layers.filter(({ name }) => taps.includes(name));
    this.#weights = new Map(
      network.weights.map(({ name, shape }) => {
        const values = weights.get(name) as Float32Array;
        return [name, device.floats(values.slice(), shape)];
      }),
    );
  }

  run(images: Float32Array, { taps = true } = {}): Promise<Inference> {
    // Synchronous, but what it throws must come as a promise.
    return Promise.resolve().then(() => this.#run(images, taps ? this.#taps : []));
  }

  dispose(): Promise<void> {
    for (const tensor of this.#weights.values()) tensor.release();
    return Promise.resolve();
  }

  #run(images: Float32Array, tapped: readonly Layer[]): Inference {
    const { input, layers } = this.#network;
    const count = countImages(images, input);
    const last = layers.at(-1)?.name ?? '';
    const tensor = this.device.floats(images, [count, input.height, input.width, input.channels]);
    const run = {
      device: this.device,
      isBiasless: () => false,
      weight: (name: string) => (this.#weights.get(name) as Tensor).keep(),
    };
    const wanted = [...tapped.map(({ name }) => name), last];
    const found = using([tensor], () => infer(run, layers, { name: 'images', tensor }, wanted));
    return using([...found.values()], () => {
      const valuesOf = (name: string) => this.device.read(found.get(name) as Tensor);
      const taps = tapped.map(({ name, output }): [string, Tap] => [
        name,
        { shape: [count, output.height, output.width, output.channels], data: valuesOf(name) },
      ]);
      return { probabilities: probabilitiesOf(valuesOf(last), unitsOf(this.#network)), taps: new Map(taps) };
    });
  }
}
