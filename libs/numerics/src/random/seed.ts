/** Where a stream of random numbers begins: four 32-bit words, never all zero. Made by `seedFrom`. */
export type Seed = readonly [number, number, number, number];

const multipliers = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f];

/**
 * A seed from what it is for: `seedFrom('shuffle', study.seed, fold)`. The same parts give the same seed on
 * every machine; other parts, other types or another order give an unrelated one. Not for secrets.
 *
 * @throws RangeError when a number is not finite
 */
export function seedFrom(...parts: readonly (string | number)[]): Seed {
  const broken = parts.find((part) => typeof part === 'number' && !Number.isFinite(part));
  if (broken !== undefined) throw new RangeError(`part of a seed: expected a finite number, found ${broken}`);
  const text = JSON.stringify(parts);
  const words = multipliers.map((multiplier) => hash(text, multiplier)) as [number, number, number, number];
  return words.some((word) => word !== 0) ? words : [1, 0, 0, 0];
}

/** Multiplicative hash of the UTF-16 units, with MurmurHash3's last mixing so that every bit depends on all. */
function hash(text: string, multiplier: number): number {
  let h = multiplier ^ text.length;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), multiplier);
    h ^= h >>> 15;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
