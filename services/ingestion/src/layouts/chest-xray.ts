import { basename, extname } from 'node:path';
import { PlatformError } from '@palimpsest/contracts';
import { isImageName, listFolder, resolveRoot, unexpected } from './folder.js';
import type { FoundDataset, FoundImage } from './layout.js';

const parts = ['train', 'val', 'test'];
const labels = ['NORMAL', 'PNEUMONIA'];

/**
 * `chest-xray`: chest X-rays (Kermany 2018), `chest_xray/{train,val,test}/{NORMAL,PNEUMONIA}/<name>.jpeg`; the
 * three parts are pooled. The path is that folder or the one it lies in. Patients are read from the names.
 */
export async function readChestXray(path: string): Promise<FoundDataset> {
  const root = await resolveRoot(path, 'chest_xray', parts);
  const { files } = await listFolder(root);
  const images = files.flatMap(imageOf);
  if (images.length === 0) throw new PlatformError('invalid', `${root}: expected images, found none`);
  const known = new Set(images.map((image) => image.path));
  const absent = parts.filter((part) => !images.some((image) => image.path.startsWith(`${part}/`)));
  return {
    root,
    images,
    labels,
    warnings: [
      ...absent.map((part) => `no image in ${part}, which the published dataset has`),
      ...unexpected(
        'chest-xray',
        files.filter((file) => !known.has(file)),
      ),
    ],
  };
}

/**
 * The patient in a file's name: `IM-0115-0001` and `NORMAL2-IM-0115-0001` → 0115, `person1_virus_6` → person1.
 * The paper's recipe, which strips sets of characters, not words.
 */
export function chestPatient(path: string): string {
  const name = basename(path, extname(path));
  const stripped = name.replace(/^[IMNORAL2]+/, '').replace(/^[-IM]+/, '');
  return stripped.replaceAll('_', '-').split('-', 1)[0] as string;
}

function imageOf(path: string): FoundImage[] {
  const [part, folder, ...names] = path.split('/');
  const label = labels.find((name) => name === folder);
  const fits = parts.includes(part ?? '') && names.length === 1 && isImageName(path);
  return label && fits ? [{ path, label, patient: chestPatient(path) || null }] : [];
}
