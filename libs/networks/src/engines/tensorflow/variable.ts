import type { Device, Tensor } from './device.js';
import { using } from './rules/rule.js';

let made = 0;

/** A tensor that TensorFlow changes in its place. */
export class Variable {
  readonly #device: Device;
  readonly #handle: Tensor;

  constructor(device: Device, values: Float32Array, shape: readonly number[]) {
    this.#device = device;
    const named = { shared_name: { string: `variable ${++made}` }, shape: { shape }, ...dtype };
    [this.#handle] = device.ops('VarHandleOp', [], named, 1) as [Tensor];
    // A copy: the variable would otherwise change the caller's array.
    const value = device.floats(values.slice(), shape);
    using([value], () => device.ops('AssignVariableOp', [this.#handle, value], dtype, 0));
  }

  /** While somebody holds it, a change copies the variable first. */
  read(): Tensor {
    return this.#device.ops('ReadVariableOp', [this.#handle], dtype, 1)[0] as Tensor;
  }

  values(): Float32Array {
    const value = this.read();
    return using([value], () => this.#device.read(value));
  }

  /**
   * One step of Adam. `this` moves, and so do its two moments.
   *
   * @param factors β₁ᵗ, β₂ᵗ, learning rate, β₁, β₂, ε, each a scalar
   */
  adam({ m, v }: { m: Variable; v: Variable }, factors: readonly Tensor[], gradient: Tensor): void {
    const operands = [this.#handle, m.#handle, v.#handle, ...factors, gradient];
    this.#device.ops('ResourceApplyAdam', operands, { T: { type: 'float' } }, 0);
  }

  /**
   * One step of gradient descent with momentum. `this` moves, and so does its velocity.
   *
   * @param factors learning rate, momentum
   */
  momentum(
    velocity: Variable,
    factors: readonly [rate: Tensor, momentum: Tensor],
    { gradient, nesterov }: { gradient: Tensor; nesterov: boolean },
  ): void {
    const [rate, momentum] = factors;
    const operands = [this.#handle, velocity.#handle, rate, gradient, momentum];
    const attributes = { T: { type: 'float' }, use_nesterov: { bool: nesterov } } as const;
    this.#device.ops('ResourceApplyKerasMomentum', operands, attributes, 0);
  }

  /** One step of gradient descent. */
  descend(rate: Tensor, gradient: Tensor): void {
    const operands = [this.#handle, rate, gradient];
    this.#device.ops('ResourceApplyGradientDescent', operands, { T: { type: 'float' } }, 0);
  }

  /** Takes a share of itself away. */
  decay(share: Tensor): void {
    const value = this.read();
    const loss = using([value], () => this.#device.op('Mul', [value, share]));
    using([loss], () => this.#device.ops('AssignSubVariableOp', [this.#handle, loss], dtype, 0));
  }

  dispose(): void {
    using([this.#handle], () => this.#device.ops('DestroyResourceOp', [this.#handle], {}, 0));
  }
}

const dtype = { dtype: { type: 'float' } } as const;
