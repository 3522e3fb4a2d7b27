import type { LossOptions } from '../../engine.js';
import type { DenseLayer } from '../../network.js';
import type { Tape, Value } from './tape.js';

/**
 * Mean loss of a batch, from logits: exact where a probability would round to 0 or 1. Adds the output `loss` and the
 * inputs it compares with, `labels` (n × units: one-hot rows, or 0 and 1) and, where classes have weights,
 * `imageWeights` (n × 1), and begins the gradient.
 */
export function writeLoss(
  tape: Tape,
  logits: Value,
  { activation, classWeights, focalGamma = 0 }: LossOptions & Pick<DenseLayer, 'activation'>,
): void {
  const { graph, inverseImages } = tape;
  const labels = graph.input('labels', ['n', logits.shape.channels]);
  const found = terms[activation](tape, logits.name, labels);
  const factors: Factor[] = [];
  if (classWeights) {
    const weights = graph.input('imageWeights', ['n', 1]);
    factors.push({ loss: weights, slope: weights });
  }
  if (focalGamma > 0) factors.push(focus(tape, found, focalGamma));
  const times = (value: string, by: keyof Factor) =>
    factors.reduce((product, factor) => graph.node('Mul', [product, factor[by]]), value);
  const perUnit = times(found.perUnit, 'loss');
  graph.node('Mul', [graph.node('ReduceSum', [perUnit], { keepdims: 0 }), inverseImages], {}, 'loss');
  graph.output('loss', []);
  const difference = times(graph.node('Sub', [found.probabilities, labels]), 'slope');
  tape.addGradient(logits, { name: graph.node('Mul', [difference, inverseImages]) });
}

/** By what the cross-entropy of an image is multiplied, and by what its gradient: n × 1 each. */
interface Factor {
  loss: string;
  slope: string;
}

interface FoundTerms {
  /** Terms of the cross-entropy, whose sum is the loss of an image. */
  perUnit: string;
  probabilities: string;
  /** Writes 1 − p of the image's own class, n × 1, as a sum of what is small. */
  missed: () => string;
}

type Terms = (tape: Tape, logits: string, labels: string) => FoundTerms;

const terms: Record<DenseLayer['activation'], Terms> = {
  // −log softmax(z)ᵧ
  softmax({ graph }, logits, labels) {
    const logProbabilities = graph.node('LogSoftmax', [logits], { axis: 1 });
    const perUnit = graph.node('Neg', [graph.node('Mul', [logProbabilities, labels])]);
    const probabilities = graph.node('Exp', [logProbabilities]);
    const missed = () => {
      const others = graph.node('Sub', [graph.scalar(1), labels]);
      return sumOfUnits({ graph }, graph.node('Mul', [probabilities, others]));
    };
    return { perUnit, probabilities, missed };
  },
  // −y log σ(z) − (1 − y) log(1 − σ(z)) = softplus(z) − y z
  sigmoid({ graph }, logits, labels) {
    const perUnit = graph.node('Sub', [
      graph.node('Softplus', [logits]),
      graph.node('Mul', [logits, labels]),
    ]);
    const missed = () => {
      const away = graph.node('Sub', [graph.scalar(1), graph.node('Mul', [labels, graph.scalar(2)])]);
      return graph.node('Sigmoid', [graph.node('Mul', [logits, away])]);
    };
    return { perUnit, probabilities: graph.node('Sigmoid', [logits]), missed };
  },
};

/** Where 1 − p has no logarithm any more. */
const least = 1e-30;

/** The focal loss: with q = 1 − p, qᵞ, and of the gradient qᵞ + γ p qᵞ⁻¹ · (−log p). */
function focus(tape: Tape, { perUnit, missed }: FoundTerms, gamma: number): Factor {
  const { graph } = tape;
  const op = (operator: string, ...operands: string[]) => graph.node(operator, operands);
  const nats = sumOfUnits(tape, perUnit);
  const q = op('Max', missed(), graph.scalar(least));
  const loss = op('Pow', q, graph.scalar(gamma));
  const missing = op('Mul', op('Pow', q, graph.scalar(gamma - 1)), graph.scalar(gamma));
  const steepening = op('Mul', op('Mul', missing, op('Exp', op('Neg', nats))), nats);
  return { loss, slope: op('Add', loss, steepening) };
}

function sumOfUnits({ graph }: Pick<Tape, 'graph'>, value: string): string {
  return graph.node('ReduceSum', [value, graph.integers([1])], { keepdims: 1 });
}
