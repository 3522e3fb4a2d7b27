import { PlatformError } from '@palimpsest/contracts';

const RESERVED = ['.', '..', '.tmp'];
/** Half a character cannot be written down in UTF-8. */
const UNFIT = /[\\\0]|\p{Surrogate}/u;

/**
 * A key is a relative path with forward slashes; nothing in it may point elsewhere.
 * @throws PlatformError `invalid`
 */
export function checkKey(key: string): string {
  const parts = key.split('/');
  const bad = parts.find((part) => part === '' || RESERVED.includes(part) || UNFIT.test(part));
  if (bad !== undefined)
    throw new PlatformError('invalid', `store key "${key}": expected a relative path with no part "${bad}"`);
  return key;
}

/** A prefix is empty, or a key and a slash. */
export function checkPrefix(prefix: string): string {
  if (prefix === '') return prefix;
  if (!prefix.endsWith('/'))
    throw new PlatformError('invalid', `store prefix "${prefix}": expected a slash at its end`);
  checkKey(prefix.slice(0, -1));
  return prefix;
}

/** Texts in the order of their UTF-8 bytes, which is that of their code points; JavaScript's own is another. */
export function sortedByBytes(texts: Iterable<string>): string[] {
  return [...texts].sort(compareCodePoints);
}

function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    return rankOf(a.charCodeAt(i)) - rankOf(b.charCodeAt(i));
  }
  return a.length - b.length;
}

/** Halves of a pair stand for code points above all others, though their numbers do not. */
const rankOf = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
