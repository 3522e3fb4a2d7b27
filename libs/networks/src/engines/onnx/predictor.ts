import type { Inference, Predictor, Tap } from '../../engine.js';
import type { Network, Shape } from '../../network.js';
import { countImages, probabilitiesOf, unitsOf } from '../batches.js';
import type { Session, TensorData } from './runtime.js';

/** Runs a network that does not change. */
export class OnnxPredictor implements Predictor {
  constructor(
    private readonly session: Session,
    private readonly network: Network,
    private readonly taps: ReadonlyMap<string, Shape>,
  ) {}

  async run(images: Float32Array, { taps: tapped = true } = {}): Promise<Inference> {
    const count = countImages(images, this.network.input);
    const units = unitsOf(this.network);
    const outputs = new Float32Array(count * units);
    const wanted = tapped ? [...this.taps] : [];
    const taps = new Map(wanted.map(([layer, shape]) => [layer, emptyTap(count, shape)]));
    const results = new Map<string, TensorData>([
      ['probabilities', { shape: [count, units], data: outputs }],
    ]);
    for (const [layer, tap] of taps) results.set(`tap/${layer}`, tap);
    const { height, width, channels } = this.network.input;
    await this.session.run(
      new Map([['images', { shape: [count, height, width, channels], data: images }]]),
      results,
    );
    return { probabilities: probabilitiesOf(outputs, units), taps };
  }

  dispose(): Promise<void> {
    return this.session.close();
  }
}

function emptyTap(images: number, { height, width, channels }: Shape): Tap {
  return {
    shape: [images, height, width, channels],
    data: new Float32Array(images * height * width * channels),
  };
}
