const length = 624;

/**
 * The Mersenne Twister as `numpy.random.RandomState(seed)` runs it: legacy seeding, 32-bit outputs.
 * Kept for one purpose, to repeat what scikit-learn drew; everything else draws from `Random`.
 *
 * Reference: Matsumoto and Nishimura 1998, ACM TOMACS 8, 3–30.
 */
export class Mt19937 {
  readonly #state = new Uint32Array(length);
  #position = length;

  /** @throws RangeError unless the seed is an integer in [0, 2³²) */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      throw new RangeError(`seed of Mt19937: expected an integer in [0, 2^32), found ${seed}`);
    }
    let previous = seed;
    this.#state[0] = seed;
    for (let i = 1; i < length; i++) {
      previous = (Math.imul(1812433253, previous ^ (previous >>> 30)) + i) >>> 0;
      this.#state[i] = previous;
    }
  }

  /** The next 32 random bits, as an integer in [0, 2³²). */
  nextUint32(): number {
    if (this.#position === length) this.#twist();
    let y = this.#state[this.#position++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /**
   * An integer in [0, max], both ends possible: draws are masked to the bits of `max` and rejected above it.
   *
   * @throws RangeError unless max is an integer in [0, 2³²)
   */
  randomInterval(max: number): number {
    if (!Number.isInteger(max) || max < 0 || max > 0xffffffff) {
      throw new RangeError(`randomInterval: expected an integer in [0, 2^32), found ${max}`);
    }
    if (max === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(max);
    for (;;) {
      const value = (this.nextUint32() & mask) >>> 0;
      if (value <= max) return value;
    }
  }

  /** Shuffles in place, as `RandomState.shuffle` does a one-dimensional array, and returns the same array. */
  shuffle<T extends { readonly length: number; [index: number]: unknown }>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.randomInterval(i);
      const value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
    return values;
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < length; i++) {
      const y = ((s[i] as number) & 0x80000000) | ((s[(i + 1) % length] as number) & 0x7fffffff);
      s[i] = (s[(i + 397) % length] as number) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }
}
