import type { Seed } from './seed.js';

/** Anything with numbered places that can be exchanged: an array or a typed array. */
type Shufflable = { readonly length: number; [index: number]: unknown };

/**
 * A stream of random numbers: xoshiro128** on 32-bit words.
 *
 * The same seed gives the same bits on every platform and engine: nothing but integer operations and
 * IEEE 754 + − × ÷ √ is used, and no `Math.log` or `Math.cos`, whose last bits an engine may choose.
 *
 * Reference: Blackman and Vigna 2021, ACM TOMS 47, 36.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spareNormal: number | undefined;

  /** @throws RangeError when all words of the seed are zero: the stream would be zero for ever */
  constructor(seed: Seed) {
    if (seed.every((word) => word === 0)) throw new RangeError('seed of Random: all words are zero');
    [this.#a, this.#b, this.#c, this.#d] = seed;
  }

  /** The next 32 random bits, as an integer in [0, 2³²). */
  nextUint32(): number {
    const b = this.#b;
    const c = this.#c ^ this.#a;
    const d = this.#d ^ b;
    this.#b = b ^ c;
    this.#a ^= d;
    this.#c = c ^ (b << 9);
    this.#d = rotate(d, 11);
    return Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number {
    const high = this.nextUint32() >>> 5;
    return (high * 2 ** 26 + (this.nextUint32() >>> 6)) / 2 ** 53;
  }

  /** Standard normal, by Marsaglia's polar method (1964) over a logarithm of basic operations. */
  normal(): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * logBelowOne(s)) / s);
      this.#spareNormal = v * factor;
      return u * factor;
    }
  }

  /**
   * Uniform among 0 … n − 1, without bias (masked rejection).
   *
   * @throws RangeError unless n is an integer in [1, 2³²]
   */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`Random.integer: expected n in [1, 2^32], found ${n}`);
    }
    if (n === 1) return 0;
    const mask = 0xffffffff >>> Math.clz32(n - 1);
    for (;;) {
      const value = (this.nextUint32() & mask) >>> 0;
      if (value < n) return value;
    }
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T extends Shufflable>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
    return values;
  }

  /**
   * k different numbers of 0 … n − 1, in the order drawn: any prefix is a smaller sample.
   *
   * @throws RangeError unless 0 <= k <= n
   */
  sample(n: number, k: number): number[] {
    if (!Number.isInteger(k) || k < 0 || k > n) {
      throw new RangeError(`Random.sample: expected 0 <= k <= ${n}, found k = ${k}`);
    }
    const pool = Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < k; i++) {
      const j = i + this.integer(n - i);
      const drawn = pool[j] as number;
      pool[j] = pool[i] as number;
      pool[i] = drawn;
    }
    return pool.slice(0, k);
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** ln x for 0 < x < 1 to about one unit in the last place: x = m·2ᵏ, ln m = 2 artanh((m − 1)/(m + 1)). */
function logBelowOne(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa < 0.7071067811865476) {
    mantissa *= 2;
    exponent--;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let j = 12; j >= 0; j--) series = series * s * s + 1 / (2 * j + 1);
  return exponent * 0.6931471805599453 + 2 * s * series;
}
