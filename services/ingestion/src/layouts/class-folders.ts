import { PlatformError } from '@palimpsest/contracts';
import { isImageName, listFolder, unexpected } from './folder.js';
import type { FoundDataset } from './layout.js';

/**
 * `class-folders`: one folder a class, `<label>/<anything>/<image>`; no patients.
 *
 * @throws PlatformError `invalid` also for a folder without an image: it would be a class that nobody sees
 */
export async function readClassFolders(path: string): Promise<FoundDataset> {
  const { files, emptyFolders } = await listFolder(path);
  const inFolder = files.filter((file) => file.includes('/'));
  const images = inFolder.filter(isImageName);
  const labels = [...new Set(images.map(labelOf))];
  const without = [...inFolder, ...emptyFolders].map(labelOf).find((label) => !labels.includes(label));
  if (without !== undefined) {
    throw new PlatformError(
      'invalid',
      `${path}: expected images in the class folder "${without}", found none`,
    );
  }
  if (images.length === 0) {
    const found = files.length ? `${files.length} files and no folder` : 'an empty folder';
    throw new PlatformError('invalid', `${path}: expected one folder a class, found ${found}`);
  }
  return {
    root: path,
    images: images.map((image) => ({ path: image, label: labelOf(image), patient: null })),
    labels,
    warnings: unexpected(
      'class-folders',
      files.filter((file) => !file.includes('/') || !isImageName(file)),
    ),
  };
}

function labelOf(file: string): string {
  return file.split('/', 1)[0] as string;
}
