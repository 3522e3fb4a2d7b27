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

  constructor(private readonly sample: LayerSample) {
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

  /** @param activations what the layer put out for this image: height × width × all its channels */
  add(image: number, activations: Float32Array): void {
    const positions = this.sample.height * this.sample.width;
    for (const { repeat, position } of this.#places.get(image) ?? []) {
      const { channels } = this.sample.draws[repeat] as LayerSample['draws'][number];
      let at = (repeat * this.sample.points + position * positions) * channels.length;
      for (let from = 0; from < activations.length; from += this.sample.channels) {
        for (const channel of channels) this.data[at++] = activations[from + channel] as number;
      }
    }
  }
}
