/** What a pickle may name. Everything else is refused. */
export interface PickleWorld {
  /** Functions by `module name`, given the arguments of the call. */
  functions: ReadonlyMap<string, (...args: unknown[]) => unknown>;
  /** Values by `module name`. */
  values: ReadonlyMap<string, unknown>;
  /** What stands for an object that the pickle only refers to. */
  persistent: (id: unknown) => unknown;
}

/** A function that the pickle may call. */
class PickleFunction {
  constructor(readonly call: (...args: unknown[]) => unknown) {}
}

/** The stack, the memo and the position of a pickle that is being read. */
export class PickleMachine {
  readonly #view: DataView;
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();
  #stack: unknown[] = [];

  constructor(
    private readonly bytes: Uint8Array,
    private readonly world: PickleWorld,
    public at: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** A little-endian number of 2, 4 or 8 bytes. */
  whole(size: 2 | 4 | 8): number {
    const at = this.#advance(size);
    if (size === 2) return this.#view.getUint16(at, true);
    return size === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true));
  }

  signed(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  float(): number {
    return this.#view.getFloat64(this.#advance(8));
  }

  take(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.bytes.subarray(at, at + length);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  /** Up to the end of the line. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    const text = this.text((end < 0 ? this.bytes.length + 1 : end) - this.at);
    this.at++;
    return text;
  }

  /** A whole number in two's complement; beyond ±2⁵³ as a bigint. */
  long(length: number): number | bigint {
    let value = 0n;
    const digits = this.take(length);
    digits.forEach((digit, i) => (value |= BigInt(digit) << BigInt(8 * i)));
    const exact = BigInt.asIntN(8 * length, value);
    const short = Number(exact);
    return Number.isSafeInteger(short) ? short : exact;
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.#malformed('a value on the stack');
    return this.#stack.pop();
  }

  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** What was pushed since the last mark. */
  popToMark(): unknown[] {
    const from = this.#marks.pop();
    if (from === undefined) throw this.#malformed('a mark on the stack');
    const values = this.#stack.slice(from);
    this.#stack = this.#stack.slice(0, from);
    return values;
  }

  remember(key: number = this.#memo.size): void {
    this.#memo.set(key, this.top());
  }

  recall(key: number): void {
    if (!this.#memo.has(key)) throw this.#malformed(`something remembered as ${key}`);
    this.push(this.#memo.get(key));
  }

  /** Pushes a function or value that the world lists. @throws TypeError for any other */
  global(module: string, name: string): void {
    const key = `${module} ${name}`;
    const call = this.world.functions.get(key);
    if (!call && !this.world.values.has(key)) {
      throw new TypeError(
        `pickle: expected tensors and plain values, found ${module}.${name}, which would have to be run`,
      );
    }
    this.push(call ? new PickleFunction(call) : this.world.values.get(key));
  }

  /** Calls a listed function with a tuple of arguments. */
  reduce(): void {
    const [args, target] = [this.pop(), this.pop()];
    if (!(target instanceof PickleFunction) || !Array.isArray(args)) throw this.#malformed('a call');
    this.push(target.call(...(args as unknown[])));
  }

  /** Attributes of an object are dropped: a state_dict hangs its version there. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) throw this.#malformed('a dictionary to add attributes to');
  }

  persistent(): void {
    this.push(this.world.persistent(this.pop()));
  }

  /** Adds keys and values in turn to the dictionary on the stack. */
  setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Map) || items.length % 2 !== 0)
      throw this.#malformed('a dictionary with its items');
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw this.#malformed('a list');
    for (const item of items) target.push(item);
  }

  #advance(length: number): number {
    const from = this.at;
    if (from + length > this.bytes.length) {
      throw new RangeError(`pickle: truncated: needs ${from + length} bytes, found ${this.bytes.length}`);
    }
    this.at += length;
    return from;
  }

  #malformed(expected: string): RangeError {
    return new RangeError(`pickle: byte ${this.at}: expected ${expected}, found none`);
  }
}
