import { imagesPerChunk } from '@palimpsest/formats';
import type { TaskContext } from '@palimpsest/platform';
import type { ImageFiles, ResizedImage } from './image-files.js';
import { mapConcurrently } from './map-concurrently.js';
import type { Problems } from './problems.js';

interface DecodeOptions {
  files: ImageFiles;
  imageSize: number;
  problems: Problems;
  context: Pick<TaskContext, 'threads' | 'signal' | 'progress'>;
}

/**
 * Decodes images, a chunk of the pixel array at a time. Once one is broken nothing more is given out, but the rest
 * is tried too, so that the problems are complete.
 */
export async function* decodeBlocks(
  images: readonly { path: string; sha256: string }[],
  { files, imageSize, problems, context }: DecodeOptions,
): AsyncGenerator<ResizedImage[]> {
  const size = imagesPerChunk(imageSize);
  for (let start = 0; start < images.length; start += size) {
    const block = await mapConcurrently(images.slice(start, start + size), context.threads, (image) => {
      context.signal.throwIfAborted();
      return problems.attempt(() => files.decode(image.path, image.sha256, imageSize));
    });
    const done = start + block.length;
    context.progress(done / images.length, `${done} of ${images.length} images`);
    if (!problems.any) yield block.filter((image) => image !== undefined);
  }
}
