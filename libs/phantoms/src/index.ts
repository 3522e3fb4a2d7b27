export { drawDataset } from './dataset.js';
export type { DatasetName, DatasetOptions, PhantomImage } from './dataset.js';
export type { Difficulty } from './drawing.js';
export type { PhantomPixels } from './pixels.js';
export type { RandomFactory, RandomSource } from './random.js';
