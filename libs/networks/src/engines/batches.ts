import type { Network, Shape } from '../network.js';

/** @throws RangeError when the array does not hold whole images, at least one */
export function countImages(images: Float32Array, { height, width, channels }: Shape): number {
  const count = images.length / (height * width * channels);
  if (Number.isInteger(count) && count > 0) return count;
  throw new RangeError(
    `images: expected one or more of ${height} × ${width} × ${channels}, found ${images.length} values`,
  );
}

/** @throws RangeError when there is not one label for each image, or one is no class */
export function requireLabels(
  labels: ArrayLike<number>,
  { images, network }: { images: number; network: Network },
): void {
  const classes = Math.max(unitsOf(network), 2);
  if (labels.length !== images) throw new RangeError(`labels: expected ${images}, found ${labels.length}`);
  Array.from(labels).forEach((label, i) => {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(`label ${i}: expected a class from 0 to ${classes - 1}, found ${label}`);
    }
  });
}

/**
 * Class numbers as a network's last layer is to say them: one column of 0 and 1 for a sigmoid, else a column a class.
 *
 * @throws RangeError as `requireLabels`
 */
export function oneHot(
  labels: ArrayLike<number>,
  { images, network }: { images: number; network: Network },
): { shape: [number, number]; data: Float32Array } {
  requireLabels(labels, { images, network });
  const units = unitsOf(network);
  const data = new Float32Array(images * units);
  Array.from(labels).forEach((label, i) => {
    if (units === 1) data[i] = label;
    else data[i * units + label] = 1;
  });
  return { shape: [images, units], data };
}

/** What the last layer says, as a column for each class: two for a sigmoid. */
export function probabilitiesOf(outputs: Float32Array, units: number): Float32Array {
  if (units > 1) return outputs;
  return Float32Array.from({ length: 2 * outputs.length }, (_, i) => {
    const second = outputs[i >> 1] as number;
    return i % 2 === 1 ? second : 1 - second;
  });
}

/** Outputs of the last layer. */
export function unitsOf(network: Network): number {
  return network.layers.at(-1)?.output.channels ?? 0;
}
