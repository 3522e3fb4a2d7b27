export { readNpy, writeNpy } from './npy.js';
export type { NpyArray, NpyType } from './npy.js';
export { encodePixels, imagesPerChunk, openPixels } from './pixels.js';
export type { Pixels, PixelShape } from './pixels.js';
export { readSafetensors, writeSafetensors } from './safetensors.js';
export type { Tensor, TensorFile } from './safetensors.js';
export { openZarrArray, writeZarrArray } from './zarr.js';
export type { RowRange, ZarrArray, ZarrContent, ZarrType } from './zarr.js';
export {
  beginsAsSafetensors,
  firstBytes,
  readWeights,
  weightFormatOf,
  weightFormats,
} from './weights/read-weights.js';
export type { WeightFile, WeightFormat } from './weights/read-weights.js';
export type { ReadBeside } from './weights/tfjs.js';
export { writeKerasHdf5 } from './weights/write-keras-hdf5.js';
export type { KerasLayer } from './weights/write-keras-hdf5.js';
