/**
 * JSON with sorted keys and no spaces: the same value gives the same text, whatever the order its fields were set in.
 * @throws TypeError for what JSON cannot hold, such as NaN or a function: it would come back as something else
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sortedAndHonest);
}

function sortedAndHonest(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw notJson(key, String(value));
  if (typeof value === 'function' || typeof value === 'symbol') throw notJson(key, `a ${typeof value}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

const notJson = (key: string, found: string) =>
  new TypeError(`"${key}": expected a JSON value, found ${found}`);
