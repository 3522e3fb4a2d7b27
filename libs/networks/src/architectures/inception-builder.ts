import { NetworkBuilder, type ConvOptions } from './network-builder.js';

/**
 * Convolution, batch norm and ReLU. `valid`: no padding, so that the borders are lost; `halving`: the same with a
 * stride of 2; `same` when left out.
 */
export type Unit = readonly [
  filters: number,
  kernel: ConvOptions['kernel'],
  border?: 'same' | 'valid' | 'halving',
];

const borders = {
  same: { stride: 1, padding: 'same' },
  valid: { stride: 1, padding: 0 },
  halving: { stride: 2, padding: 0 },
} as const;

/**
 * What Keras' two Inception networks are built of. Layers without a name of their own are called as in a fresh Keras
 * session, numbered by kind in the order in which they are made: `conv2d`, `conv2d_1`, `activation`, …
 */
export class InceptionBuilder extends NetworkBuilder {
  readonly #made = new Map<string, number>();

  /** Units one after the other. */
  branch(input: string, ...units: readonly Unit[]): string {
    return units.reduce((last, unit) => {
      const names = ['conv2d', 'batch_normalization', 'activation'].map((kind) => this.automaticName(kind));
      return this.unit(names as [string, string, string], last, unit);
    }, input);
  }

  /** One unit; its convolution has no bias and its batch norm no γ. @param names of its three layers */
  unit(
    [conv, norm, relu]: readonly [string, string, string],
    input: string,
    [filters, kernel, border = 'same']: Unit,
  ): string {
    const convolved = this.conv(conv, input, { filters, kernel, bias: false, ...borders[border] });
    return this.relu(relu, this.batchNorm(norm, convolved, { epsilon: 1e-3, scale: false }));
  }

  /** Maximum of 3 × 3 points at half the resolution. */
  halvingPool(input: string): string {
    return this.maxPool(this.automaticName('max_pooling2d'), input, { kernel: 3, stride: 2 });
  }

  /** Mean of the 3 × 3 points around each. */
  smoothingPool(input: string): string {
    return this.averagePool(this.automaticName('average_pooling2d'), input, { kernel: 3, padding: 'same' });
  }

  /** From the images to 192 channels at an eighth of their resolution. @returns what is there before each halving pool */
  stem(): { outputs: string[]; last: string } {
    const half = this.branch('images', [32, 3, 'halving'], [32, 3, 'valid'], [64, 3]);
    const quarter = this.branch(this.halvingPool(half), [80, 1], [192, 3, 'valid']);
    return { outputs: [half, quarter], last: this.halvingPool(quarter) };
  }

  automaticName(kind: string): string {
    const before = this.#made.get(kind) ?? 0;
    this.#made.set(kind, before + 1);
    return before === 0 ? kind : `${kind}_${before}`;
  }
}
