import type { Binding } from './library.js';

/** A tensor that TensorFlow holds. Whoever keeps one says so; the last to let go frees it. */
export class Tensor {
  #holders = 1;

  constructor(
    private readonly device: Device,
    readonly id: number,
    readonly shape: readonly number[],
  ) {}

  keep(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    if (--this.#holders === 0) this.device.free(this);
  }
}

/** An attribute of an operation, by how TensorFlow names its kind. */
export type Attribute =
  | { int: number | readonly number[] }
  | { float: number }
  | { bool: boolean }
  | { string: string }
  | { shape: readonly number[] }
  | { type: 'float' | 'int32' };
export type Attributes = Readonly<Record<string, Attribute>>;

/**
 * TensorFlow's operations, run at once and by name, as its C API offers them. What an operation returns belongs to the
 * caller.
 *
 * Reference: `tensorflow/core/ops/*.cc` of TensorFlow 2.21 for names, attributes and order of inputs.
 */
export class Device {
  /** Tensors that nobody has let go of. */
  #tensors = 0;

  constructor(private readonly binding: Binding) {}

  get tensors(): number {
    return this.#tensors;
  }

  /** Shares the memory of the array, which must not change while the tensor lives. */
  floats(values: Float32Array, shape: readonly number[]): Tensor {
    return this.#made(this.binding.createTensor(shape, this.binding.TF_FLOAT, values), shape);
  }

  integers(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
    return this.#made(
      this.binding.createTensor(shape, this.binding.TF_INT32, Int32Array.from(values)),
      shape,
    );
  }

  scalar(value: number): Tensor {
    return this.floats(Float32Array.of(value), []);
  }

  /** A copy of what a tensor holds. */
  read({ id }: Tensor): Float32Array {
    return this.binding.tensorDataSync(id) as Float32Array;
  }

  /** Runs an operation on float32 that has one output. */
  op(name: string, inputs: readonly Tensor[], attributes: Attributes = {}): Tensor {
    return this.ops(name, inputs, { T: { type: 'float' }, ...attributes }, 1)[0] as Tensor;
  }

  /** Runs an operation, with all the attributes that it has no default for. */
  ops(name: string, inputs: readonly Tensor[], attributes: Attributes, outputs: number): Tensor[] {
    const list = Object.entries(attributes).map(([key, value]) => this.#attribute(key, value));
    const ids = inputs.map(({ id }) => id);
    return this.binding.executeOp(name, list, ids, outputs).map(({ id, shape }) => this.#made(id, shape));
  }

  /** For `Tensor.release` alone. */
  free({ id }: Tensor): void {
    this.#tensors--;
    this.binding.deleteTensor(id);
  }

  #made(id: number, shape: readonly number[]): Tensor {
    this.#tensors++;
    return new Tensor(this, id, shape);
  }

  #attribute(name: string, attribute: Attribute) {
    const { binding } = this;
    if ('int' in attribute) return { name, type: binding.TF_ATTR_INT, value: attribute.int };
    if ('float' in attribute) return { name, type: binding.TF_ATTR_FLOAT, value: attribute.float };
    if ('bool' in attribute) return { name, type: binding.TF_ATTR_BOOL, value: attribute.bool };
    if ('string' in attribute) return { name, type: binding.TF_ATTR_STRING, value: attribute.string };
    if ('shape' in attribute) return { name, type: binding.TF_ATTR_SHAPE, value: attribute.shape };
    const value = attribute.type === 'float' ? binding.TF_FLOAT : binding.TF_INT32;
    return { name, type: binding.TF_ATTR_TYPE, value };
  }
}
