import { PlatformError } from '@palimpsest/contracts';

const RESERVED = ['.', '..', '.tmp'];

/**
 * A key is a relative path with forward slashes; nothing in it may point elsewhere.
 * @throws PlatformError `invalid`
 */
export function checkKey(key: string): string {
  const parts = key.split('/');
  const bad = parts.find((part) => part === '' || RESERVED.includes(part) || /[\\\0]/.test(part));
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
