import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PlatformError } from '@palimpsest/contracts';
import yauzl from 'yauzl';
import { z } from 'zod';
import { download, forgetDownload, type DownloadOptions } from '../download/download.js';
import { hashFile } from '../download/hash-file.js';

/** A file of the Python package index that holds TensorFlow's library. */
export interface Wheel {
  project: 'tensorflow' | 'tensorflow-cpu';
  file: string;
  sha256: string;
}

/** TensorFlow 2.21.0. Any Python's wheel has the same libraries; nothing of Python is run. */
export const wheels: Record<'cpu' | 'gpu', Wheel> = {
  cpu: {
    project: 'tensorflow-cpu',
    file: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  },
  gpu: {
    project: 'tensorflow',
    file: 'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  },
};

const listing = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

/**
 * Downloads a wheel, going on where an interrupted download ended.
 *
 * @param part the file that it becomes
 * @param index a package index that answers in JSON, such as https://pypi.org/simple
 * @throws PlatformError `unavailable` when it does not answer, `corrupt` when the file is not the expected one
 */
export async function downloadWheel(
  { project, file, sha256 }: Wheel,
  { index, ...options }: Omit<DownloadOptions, 'url'> & { index: string },
): Promise<void> {
  const page = `${index.replace(/\/$/, '')}/${project}/`;
  const url = new URL(await addressOf(file, page, options.signal), page).href;
  await download({ url, ...options });
  const found = await hashFile(options.part);
  if (found.sha256 === sha256) return;
  await forgetDownload(options.part);
  throw new PlatformError('corrupt', `${file}: expected sha256 ${sha256}, found ${found.sha256}; removed`);
}

async function addressOf(file: string, page: string, signal: AbortSignal): Promise<string> {
  let answer: Response;
  try {
    answer = await fetch(page, { headers: { accept: 'application/vnd.pypi.simple.v1+json' }, signal });
  } catch (cause) {
    throw new PlatformError('unavailable', `${page}: could not be reached`, { cause });
  }
  if (!answer.ok) throw new PlatformError('unavailable', `${page}: expected 200, found ${answer.status}`);
  const { files } = listing.parse(await answer.json());
  const found = files.find(({ filename }) => filename === file);
  if (found) return found.url;
  throw new PlatformError('not-found', `${page}: expected ${file}, found no such file`);
}

/**
 * Takes files out of a wheel, which is a zip file.
 *
 * @param place where a file goes, or undefined for one that is not wanted
 */
export async function extractWheel(file: string, place: (name: string) => string | undefined): Promise<void> {
  const archive = await yauzl.openPromise(file);
  for await (const entry of archive.eachEntry()) {
    const to = place(entry.fileName);
    if (to === undefined || entry.fileName.endsWith('/')) continue;
    await mkdir(path.dirname(to), { recursive: true });
    const target = await open(to, 'w');
    await pipeline(await archive.openReadStreamPromise(entry), target.createWriteStream());
  }
}
