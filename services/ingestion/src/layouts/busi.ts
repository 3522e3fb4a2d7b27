import { PlatformError } from '@palimpsest/contracts';
import { isImageName, listFolder, resolveRoot, unexpected } from './folder.js';
import type { FoundDataset, FoundImage } from './layout.js';

const labels = ['benign', 'malignant', 'normal'];
const mask = /_mask(_\d+)?\.png$/i;

/**
 * `busi`: breast ultrasound (Al-Dhabyani 2020), `Dataset_BUSI_with_GT/{benign,malignant,normal}/<name>.png`; no
 * patients. The path is that folder or the one it lies in. `<name>_mask.png`, `<name>_mask_1.png` and so on are
 * outlines drawn by radiologists, no images: they are part of the layout and not read.
 */
export async function readBusi(path: string): Promise<FoundDataset> {
  const root = await resolveRoot(path, 'Dataset_BUSI_with_GT', labels);
  const { files } = await listFolder(root);
  const rest = files.filter((file) => !mask.test(file));
  const images = rest.flatMap(imageOf);
  if (images.length === 0) throw new PlatformError('invalid', `${root}: expected images, found none`);
  const known = new Set(images.map((image) => image.path));
  return {
    root,
    images,
    labels,
    warnings: unexpected(
      'busi',
      rest.filter((file) => !known.has(file)),
    ),
  };
}

function imageOf(path: string): FoundImage[] {
  const [folder, ...names] = path.split('/');
  const label = labels.find((name) => name === folder);
  return label && names.length === 1 && isImageName(path) ? [{ path, label, patient: null }] : [];
}
