import { dropoutMask } from '../../dropout-mask.js';
import type { StepFound, StepOptions, Trainer, TrainerState, TrainOptions } from '../../engine.js';
import type { Network, Weights } from '../../network.js';
import { countImages, oneHot } from '../batches.js';
import { momentNames, momentsAs, type Moment } from '../moments.js';
import { requireStep, requireWhole } from '../requirements.js';
import { stepScalars } from './optimiser.js';
import { fill, lengthOf, unpack, type Pack } from './packs.js';
import type { Session, TensorData, Values } from './runtime.js';
import type { TrainingGraph } from './training-graph.js';

/** An array that a step reads and the one that it writes. They change places afterwards: a failed step leaves no mark. */
interface Variable {
  pack: Pack;
  /** `g` is the gradient that parts of a step have gathered. */
  kind: 'w' | 'g' | Moment;
  current: Float32Array;
  next: Float32Array;
}

/** Runs training steps. What they change lives here; the session keeps nothing between them. */
export class OnnxTrainer implements Trainer {
  readonly #network: Network;
  /** Tensors that no step changes. */
  readonly #untouched: Weights;
  readonly #options: Omit<TrainOptions, 'state'>;
  readonly #variables: Variable[];
  #steps: number;
  /** Of the step that has begun. */
  #parts = 0;

  /** @param weights of all tensors; those that are not trained come back as they are in a state */
  constructor(
    private readonly session: Session,
    private readonly graph: Omit<TrainingGraph, 'model'>,
    { network, weights, state, ...options }: TrainOptions & { network: Network; weights: Weights },
  ) {
    this.#network = network;
    this.#options = options;
    const { optimiser, accumulates } = options;
    this.#steps = state?.steps ?? 0;
    const changing = [...graph.packs, ...(graph.statistics ? [graph.statistics] : [])];
    const changed = new Set(changing.flatMap(({ members }) => members.map(({ name }) => name)));
    this.#untouched = new Map([...weights].filter(([name]) => !changed.has(name)));
    const begun = state && momentsAs('sum', state, optimiser);
    const remembered = (pack: Pack, kind: Moment) =>
      begun ? fill(pack, begun, `${kind}/`) : new Float32Array(lengthOf(pack));
    const zeros = (pack: Pack) => variable('g', pack, new Float32Array(lengthOf(pack)));
    this.#variables = [
      ...(accumulates ? graph.packs.map(zeros) : []),
      ...changing.map((pack) => variable('w', pack, fill(pack, weights))),
      ...graph.packs.flatMap((pack) =>
        momentNames(optimiser).map((kind) => variable(kind, pack, remembered(pack, kind))),
      ),
    ];
  }

  async step(images: Float32Array, labels: ArrayLike<number>, how: StepOptions = {}): Promise<StepFound> {
    requireStep(how, { ...this.#options, parts: this.#parts });
    const feeds = this.#feeds(images, labels, how);
    const loss = new Float32Array(1);
    const { stages } = this.graph;
    const norms = new Float32Array(stages.length);
    const results = new Map<string, TensorData>([
      ['loss', { shape: [], data: loss }],
      ['gradientNorms', { shape: [norms.length], data: norms }],
    ]);
    for (const { kind, pack, next } of this.#variables) {
      results.set(`next/${kind}/${pack.name}`, { shape: pack.shape, data: next });
    }
    await this.session.run(feeds, results);
    const found = { loss: loss[0] as number };
    if (how.part?.last === false) {
      this.#gather();
      return found;
    }
    this.#move();
    return { ...found, gradientNorms: new Map(stages.map((stage, i) => [stage, norms[i] as number])) };
  }

  /** Keeps the gradient of a part, and what its batch norms saw. */
  #gather(): void {
    const { statistics } = this.graph;
    for (const each of this.#variables) if (each.kind === 'g' || each.pack === statistics) exchange(each);
    this.#parts++;
  }

  #move(): void {
    for (const each of this.#variables)
      if (each.kind === 'g') each.current.fill(0);
      else exchange(each);
    this.#parts = 0;
    this.#steps++;
  }

  state(): TrainerState {
    requireWhole(this.#parts);
    const tensors: Weights = new Map([...this.#untouched].map(([name, values]) => [name, values.slice()]));
    const remembered: Weights = new Map();
    for (const { kind, pack, current } of this.#variables) {
      if (kind === 'w') unpack(pack, current, tensors);
      else if (kind !== 'g') unpack(pack, current, remembered, `${kind}/`);
    }
    const weights: Weights = new Map(
      this.#network.weights.map(({ name }) => [name, tensors.get(name) as Float32Array]),
    );
    return { weights, optimiser: { steps: this.#steps, averaging: 'sum', moments: remembered } };
  }

  dispose(): Promise<void> {
    return this.session.close();
  }

  #feeds(images: Float32Array, labels: ArrayLike<number>, { learningRate, part }: StepOptions): Values {
    const { optimiser, loss, seed, accumulates } = this.#options;
    const { height, width, channels } = this.#network.input;
    const count = countImages(images, this.#network.input);
    const step = this.#steps + 1;
    const feeds = new Map<string, TensorData>([
      ['images', { shape: [count, height, width, channels], data: images }],
      ['labels', oneHot(labels, { images: count, network: this.#network })],
      ['inverseImages', { shape: [], data: Float32Array.of(1 / count) }],
    ]);
    const rate = learningRate ?? optimiser.learningRate;
    const scalars = stepScalars(optimiser, { learningRate: rate, step });
    if (accumulates) scalars.set('share', part?.share ?? 1);
    for (const [name, value] of scalars) feeds.set(name, { shape: [], data: Float32Array.of(value) });
    const weights = loss?.classWeights;
    if (weights) {
      const data = Float32Array.from(labels, (label) => weights[label] as number);
      feeds.set('imageWeights', { shape: [count, 1], data });
    }
    for (const layer of this.graph.dropouts) {
      const data = dropoutMask(layer, { images: count, seed, step, part: this.#parts });
      feeds.set(`mask/${layer.name}`, { shape: [count, layer.output.channels], data });
    }
    for (const { kind, pack, current } of this.#variables) {
      feeds.set(`${kind}/${pack.name}`, { shape: pack.shape, data: current });
    }
    return feeds;
  }
}

function variable(kind: Variable['kind'], pack: Pack, values: Float32Array): Variable {
  return { kind, pack, current: values, next: new Float32Array(values.length) };
}

function exchange(each: Variable): void {
  [each.current, each.next] = [each.next, each.current];
}
