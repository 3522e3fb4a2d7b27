/**
 * Applies a function to each value as it comes, to at most `limit` of them at a time, so that no more are held.
 * After a failure no further value is taken; the first is thrown when everything that was begun has ended.
 */
export async function overlapped<T>(
  values: Iterable<T> | AsyncIterable<T>,
  limit: number,
  apply: (value: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const begin = (value: T) => {
    const one: Promise<void> = apply(value)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(one));
    running.add(one);
  };
  try {
    for await (const value of values) {
      begin(value);
      if (running.size >= limit) await Promise.race(running);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}
