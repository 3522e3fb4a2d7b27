const size = 1000;

/** Runs over items in portions that one SQL statement can take: PostgreSQL allows 65,535 parameters. */
export async function inChunks<T>(items: T[], run: (chunk: T[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += size) await run(items.slice(start, start + size));
}
