import type { LossOptions } from '../engine.js';
import type { DenseLayer } from '../network.js';

/**
 * Mean loss of a batch from its logits, in double precision: exact where a probability would round to 0 or 1.
 *
 * @param logits images × units: one unit for two classes, else one a class
 * @param labels class numbers
 * @returns the loss in nats, and its gradient by the logits
 */
export function lossOf(
  logits: Float32Array,
  labels: ArrayLike<number>,
  { activation, classWeights, focalGamma = 0 }: LossOptions & Pick<DenseLayer, 'activation'>,
): { loss: number; gradient: Float32Array } {
  const images = labels.length;
  const units = logits.length / images;
  const gradient = new Float32Array(logits.length);
  let loss = 0;
  for (let image = 0; image < images; image++) {
    const row = logits.subarray(image * units, (image + 1) * units);
    const label = labels[image] as number;
    const { nats, slopes } = terms[activation](row, label);
    const weight = classWeights?.[label] ?? 1;
    const focus = focalGamma === 0 ? unfocused : focusOf(nats, focalGamma);
    loss += nats * weight * focus.loss;
    const steeper = weight * focus.slope;
    slopes.forEach((slope, unit) => (gradient[image * units + unit] = (slope / images) * steeper));
  }
  return { loss: loss / images, gradient };
}

const unfocused = { loss: 1, slope: 1 };

/** Where 1 − p has no logarithm any more. */
const least = 1e-30;

/**
 * By what the focal loss multiplies a cross-entropy, and by what its gradient: qᵞ and qᵞ + γ p qᵞ⁻¹ · nats, with
 * q = 1 − p.
 */
function focusOf(nats: number, gamma: number): { loss: number; slope: number } {
  const missed = Math.max(-Math.expm1(-nats), least);
  const loss = missed ** gamma;
  return { loss, slope: loss + gamma * Math.exp(-nats) * missed ** (gamma - 1) * nats };
}

type Terms = (logits: Float32Array, label: number) => { nats: number; slopes: number[] };

const terms: Record<DenseLayer['activation'], Terms> = {
  // −log softmax(z)ᵧ
  softmax(logits, label) {
    const largest = Math.max(...logits);
    const powers = Array.from(logits, (z) => Math.exp(z - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    const nats = Math.log(sum) + largest - (logits[label] as number);
    return { nats, slopes: powers.map((power, unit) => power / sum - (unit === label ? 1 : 0)) };
  },
  // −y log σ(z) − (1 − y) log(1 − σ(z)) = softplus(z) − y z
  sigmoid([z = 0], label) {
    const nats = Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - label * z;
    return { nats, slopes: [1 / (1 + Math.exp(-z)) - label] };
  },
};
