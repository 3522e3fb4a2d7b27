export { augment, drawAugmentation } from './augment.js';
export type { Augmentation, AugmentationSettings, PixelGrid } from './augment.js';
export { decodeImage } from './decode.js';
export { encodePng } from './encode.js';
export { toRgb } from './image.js';
export type { Image } from './image.js';
export { preprocess } from './preprocess.js';
export type { Preprocessing } from './preprocess.js';
export { resizeNearest } from './resize.js';
