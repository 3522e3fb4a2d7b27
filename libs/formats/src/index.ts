export { readNpy, writeNpy } from './npy.js';
export type { NpyArray, NpyType } from './npy.js';
export { encodePixels, imagesPerChunk, openPixels } from './pixels.js';
export type { Pixels, PixelShape } from './pixels.js';
export { readSafetensors, writeSafetensors } from './safetensors.js';
export type { Tensor, TensorFile } from './safetensors.js';
export { openZarrArray, writeZarrArray } from './zarr.js';
export type { RowRange, ZarrArray, ZarrContent, ZarrType } from './zarr.js';
