import type { Layout } from '@palimpsest/contracts';
import { readBusi } from './busi.js';
import { readChestXray } from './chest-xray.js';
import { readClassFolders } from './class-folders.js';
import { readCsv } from './csv.js';
import { readDdti } from './ddti.js';
import { readIsic2018 } from './isic2018.js';
import type { ReadLayout } from './layout.js';

/** How each layout is read. */
export const readLayout: Record<Layout, ReadLayout> = {
  'class-folders': readClassFolders,
  csv: readCsv,
  busi: readBusi,
  'chest-xray': readChestXray,
  ddti: readDdti,
  isic2018: readIsic2018,
};
