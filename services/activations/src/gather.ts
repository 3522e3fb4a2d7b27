import type { LayerSample } from './sampling.js';

/** Where the activations of one image go: repeat and place among the images of that repeat. */
interface Place {
  repeat: number;
  position: number;
}

/** Takes the drawn channels of the drawn images of one layer out of whatever batches they come in. */
export class LayerGatherer {
  /** repeats × points × channels, row-major. Complete once every drawn image was added. */
  readonly data: Float32Array;
  readonly shape: [repeats: number, points: number, channels: number];
  readonly #places = new Map<number, Place[]>();

  constructor(readonly sample: LayerSample) {
    const channels = sample.draws[0]?.channels.length ?? 0;
    this.shape = [sample.draws.length, sample.points, channels];
    this.data = new Float32Array(sample.draws.length * sample.points * channels);
    sample.draws.forEach(({ images }, repeat) => {
      images.forEach((image, position) => {
        this.#places.set(image, [...(this.#places.get(image) ?? []), { repeat, position }]);
      });
    });
  }

  /** Images that some repeat wants. */
  get images(): Iterable<number> {
    return this.#places.keys();
  }

  /**
   * Takes what was drawn out of a pass.
   *
   * @param images numbers of the images of the pass
   * @param activations what the layer put out for them: images × height × width × all its channels
   */
  add(images: readonly number[], activations: Float32Array): void {
    const length = activations.length / images.length;
    images.forEach((image, i) => {
      for (const place of this.#places.get(image) ?? []) {
        this.#copy(activations.subarray(i * length, (i + 1) * length), place);
      }
    });
  }

  #copy(activations: Float32Array, { repeat, position }: Place): void {
    const { draws, points, height, width, channels: all } = this.sample;
    const { channels } = draws[repeat] as LayerSample['draws'][number];
    let at = (repeat * points + position * height * width) * channels.length;
    for (let from = 0; from < activations.length; from += all) {
      for (const channel of channels) this.data[at++] = activations[from + channel] as number;
    }
  }
}
