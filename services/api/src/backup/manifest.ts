import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PlatformError, messageOf } from '@palimpsest/contracts';
import { z } from 'zod';

const file = { sha256: z.string(), bytes: z.int() };
/** Nothing that leads out of the folder. */
const keySchema = z.string().regex(/^(?!.*(^|\/)\.{0,2}(\/|$))[^\\\0]+$/);

const manifestSchema = z.object({
  format: z.literal(1),
  createdAt: z.string(),
  rows: z.int(),
  /** `database.jsonl` in the folder. */
  database: z.object(file),
  /** `store/<key>` in the folder: artifacts, and what the store knows of tasks. */
  objects: z.array(z.object({ key: keySchema, ...file })),
  /** Artifacts that were lost or damaged when the backup was made; their tasks make them again. */
  missing: z.array(z.string()),
});

/** What a backup holds. It is written last: a folder without it is no backup. */
export type Manifest = z.infer<typeof manifestSchema>;
export type StoredFile = Manifest['objects'][number];

/** The files of a backup. */
export const pathsOf = (folder: string) => ({
  manifest: join(folder, 'manifest.json'),
  database: join(folder, 'database.jsonl'),
  object: (key: string) => join(folder, 'store', ...key.split('/')),
});

/** @throws PlatformError `not-found` for what is no backup, `invalid` for one that cannot be read */
export async function readManifest(folder: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(pathsOf(folder).manifest, 'utf8');
  } catch (cause) {
    throw new PlatformError('not-found', `backup ${folder}: ${messageOf(cause)}`, { cause });
  }
  const parsed = manifestSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new PlatformError('invalid', `backup ${folder}: manifest.json: ${z.prettifyError(parsed.error)}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Hash and size of a file. */
export async function measure(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  });
  return { sha256: hash.digest('hex'), bytes };
}

/** The lines of a file. */
export async function* linesOf(path: string): AsyncIterable<string> {
  const handle = await open(path);
  try {
    yield* handle.readLines();
  } finally {
    await handle.close();
  }
}
