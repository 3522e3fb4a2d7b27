import type { Image } from './image.js';

/**
 * The image at another size, each pixel taken from the nearest one; the aspect ratio is not kept.
 * The same pixels as Keras' `load_img(interpolation='nearest')`, that is Pillow's `resize(NEAREST)`.
 *
 * @throws RangeError when a side is not a positive integer
 */
export function resizeNearest<T extends Image>(image: T, size: { height: number; width: number }): T {
  const { channels, pixels } = image;
  const rows = sourceIndices(image.height, size.height);
  const columns = sourceIndices(image.width, size.width);
  const out = new Uint8Array(size.height * size.width * channels);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      const from = (row * image.width + column) * channels;
      for (let c = 0; c < channels; c++) out[at++] = pixels[from + c] as number;
    }
  }
  return { ...image, width: size.width, height: size.height, pixels: out };
}

/** floor((i + ½) · from / to), the coordinate summed step by step as Pillow does: that decides ties. */
function sourceIndices(from: number, to: number): Int32Array {
  if (!Number.isInteger(to) || to < 1)
    throw new RangeError(`resize: expected a side of 1 or more, found ${to}`);
  const step = from / to;
  let position = step * 0.5;
  return Int32Array.from({ length: to }, () => {
    const index = Math.floor(position);
    position += step;
    return index;
  });
}
