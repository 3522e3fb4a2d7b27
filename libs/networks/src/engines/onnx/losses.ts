import type { DenseLayer } from '../../network.js';
import type { Tape, Value } from './tape.js';

/**
 * Mean cross-entropy of a batch, from logits: exact where a probability would round to 0 or 1. Adds the output `loss`
 * and the inputs it compares with, `labels` (n × units: one-hot rows, or 0 and 1), and begins the gradient.
 */
export function writeLoss(tape: Tape, logits: Value, activation: DenseLayer['activation']): void {
  const { graph, inverseImages } = tape;
  const labels = graph.input('labels', ['n', logits.shape.channels]);
  const { perUnit, probabilities } = terms[activation](tape, logits.name, labels);
  graph.node('Mul', [graph.node('ReduceSum', [perUnit], { keepdims: 0 }), inverseImages], {}, 'loss');
  graph.output('loss', []);
  const difference = graph.node('Sub', [probabilities, labels]);
  tape.addGradient(logits, { name: graph.node('Mul', [difference, inverseImages]) });
}

/** Terms of the cross-entropy, whose sum is the loss of an image, and the probabilities. */
type Terms = (tape: Tape, logits: string, labels: string) => { perUnit: string; probabilities: string };

const terms: Record<DenseLayer['activation'], Terms> = {
  // −log softmax(z)ᵧ
  softmax({ graph }, logits, labels) {
    const logProbabilities = graph.node('LogSoftmax', [logits], { axis: 1 });
    const perUnit = graph.node('Neg', [graph.node('Mul', [logProbabilities, labels])]);
    return { perUnit, probabilities: graph.node('Exp', [logProbabilities]) };
  },
  // −y log σ(z) − (1 − y) log(1 − σ(z)) = softplus(z) − y z
  sigmoid({ graph }, logits, labels) {
    const perUnit = graph.node('Sub', [
      graph.node('Softplus', [logits]),
      graph.node('Mul', [logits, labels]),
    ]);
    return { perUnit, probabilities: graph.node('Sigmoid', [logits]) };
  },
};
