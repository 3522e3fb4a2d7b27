/**
 * Prediction similarity: the share of images on which two networks are both right or both wrong.
 *
 * @param predictedA class of each image according to the first network
 * @param predictedB same images, the second network
 * @param labels the true classes
 * @throws RangeError when the lengths differ or there are no images
 */
export function errorAgreement(
  predictedA: ArrayLike<number>,
  predictedB: ArrayLike<number>,
  labels: ArrayLike<number>,
): number {
  const images = labels.length;
  if (images === 0 || predictedA.length !== images || predictedB.length !== images) {
    throw new RangeError(
      `errorAgreement: expected two predictions an image, found ${predictedA.length} and ${predictedB.length} for ${images} images`,
    );
  }
  let agreed = 0;
  for (let i = 0; i < images; i++) {
    if ((predictedA[i] === labels[i]) === (predictedB[i] === labels[i])) agreed++;
  }
  return agreed / images;
}

/** `product` is right; `first-squared` uses the first accuracy twice, as the paper's code did for five targets. */
export type Independence = 'product' | 'first-squared';

/**
 * The error agreement expected of networks whose mistakes have nothing to do with each other:
 * a₁a₂ + (1 − a₁)(1 − a₂).
 *
 * @param accuracyA share of images that the first network gets right
 * @param accuracyB same, the second network
 * @throws RangeError when an accuracy is outside [0, 1]
 */
export function independentAgreement(accuracyA: number, accuracyB: number, formula: Independence): number {
  for (const accuracy of [accuracyA, accuracyB]) {
    if (!(accuracy >= 0 && accuracy <= 1)) {
      throw new RangeError(`accuracy: expected a share in [0, 1], found ${accuracy}`);
    }
  }
  const other = formula === 'product' ? accuracyB : accuracyA;
  return accuracyA * other + (1 - accuracyA) * (1 - other);
}
