/**
 * The results of an asynchronous function for all values, in their order, at most `limit` at a time.
 * After a failure nothing more is begun; it is thrown when what was begun has come to its end.
 */
export async function mapConcurrently<T, R>(
  values: readonly T[],
  limit: number,
  apply: (value: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(values.length);
  let next = 0;
  const work = async () => {
    while (next < values.length) {
      const index = next++;
      try {
        results[index] = await apply(values[index] as T);
      } catch (error) {
        next = values.length;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(limit, values.length) }, work);
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return results;
}
