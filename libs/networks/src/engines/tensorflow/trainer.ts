import { dropoutMask } from '../../dropout-mask.js';
import type {
  LossOptions,
  Optimiser,
  StepFound,
  StepOptions,
  Trainer,
  TrainerState,
  TrainOptions,
} from '../../engine.js';
import type { BatchNormLayer, Layer, Network, Weights, WeightSpec } from '../../network.js';
import { countImages, requireLabels } from '../batches.js';
import { byStage, convolutionsWithoutBias, divide, trainedTensors, type Division } from '../learning.js';
import { lossOf } from '../loss.js';
import { momentNames, momentsAs, type Moment } from '../moments.js';
import { requireStep, requireWhole } from '../requirements.js';
import type { Device, Tensor } from './device.js';
import { gradientNorms } from './gradient-norms.js';
import { addShares, moveWeights, type Learnt } from './optimiser.js';
import { infer, Pass, type Beginning } from './passes.js';
import { using, type Surroundings, type Training } from './rules/rule.js';
import { Variable } from './variable.js';

/** Trains by TensorFlow's operations, one after the other. A step that fails leaves the weights as they were. */
export class TensorflowTrainer implements Trainer {
  readonly #network: Network;
  readonly #division: Division;
  readonly #biasless: ReadonlySet<string>;
  readonly #optimiser: Optimiser;
  readonly #loss: LossOptions;
  readonly #seed: number;
  readonly #learnt = new Map<string, Learnt>();
  readonly #stages: ReadonlyMap<string, readonly WeightSpec[]>;
  /** Everything else: what is frozen, and the moving statistics, which a step replaces. */
  readonly #others: Weights;
  /** Of `#others`, those that the device has. */
  readonly #constants = new Map<string, Tensor>();
  /** What the parts of a step have gathered, by weight. */
  readonly #gathered = new Map<string, Tensor>();
  readonly #accumulates: boolean;
  #steps: number;
  /** Of the step that has begun. */
  #parts = 0;

  constructor(
    private readonly device: Device,
    network: Network,
    weights: Weights,
    { optimiser, trainable, loss = {}, accumulates = false, seed, state }: TrainOptions,
  ) {
    this.#network = network;
    this.#division = divide(network, trainable);
    const { learning } = this.#division;
    this.#biasless = convolutionsWithoutBias(learning);
    this.#optimiser = optimiser;
    this.#loss = loss;
    this.#accumulates = accumulates;
    this.#seed = seed;
    this.#steps = state?.steps ?? 0;
    const moments = state && momentsAs('mean', state, optimiser);
    const trained = trainedTensors(network, learning, this.#biasless);
    this.#stages = byStage(network, trained);
    for (const { name, shape } of trained) {
      const begun = (moment: Moment, values: Float32Array) =>
        new Variable(device, moments?.get(`${moment}/${name}`) ?? new Float32Array(values.length), shape);
      const values = weights.get(name) as Float32Array;
      this.#learnt.set(name, {
        w: new Variable(device, values, shape),
        moments: new Map(momentNames(optimiser).map((moment) => [moment, begun(moment, values)])),
      });
    }
    this.#others = new Map(
      [...weights].flatMap(([name, values]) => (this.#learnt.has(name) ? [] : [[name, values.slice()]])),
    );
  }

  step(images: Float32Array, labels: ArrayLike<number>, how: StepOptions = {}): Promise<StepFound> {
    // Synchronous, but what it throws must come as a promise.
    return Promise.resolve().then(() => this.#step(images, labels, how));
  }

  state(): TrainerState {
    requireWhole(this.#parts);
    const moments: Weights = new Map();
    for (const [name, learnt] of this.#learnt)
      for (const [moment, variable] of learnt.moments) moments.set(`${moment}/${name}`, variable.values());
    const weights: Weights = new Map(
      this.#network.weights.map(({ name }) => {
        const values = this.#learnt.get(name)?.w.values() ?? this.#others.get(name)?.slice();
        return [name, values as Float32Array];
      }),
    );
    return { weights, optimiser: { steps: this.#steps, averaging: 'mean', moments } };
  }

  dispose(): Promise<void> {
    for (const { w, moments } of this.#learnt.values())
      for (const each of [w, ...moments.values()]) each.dispose();
    for (const held of [this.#constants, this.#gathered])
      for (const tensor of held.values()) tensor.release();
    this.#gathered.clear();
    this.#learnt.clear();
    this.#constants.clear();
    return Promise.resolve();
  }

  #step(images: Float32Array, labels: ArrayLike<number>, how: StepOptions): StepFound {
    requireStep(how, { accumulates: this.#accumulates, parts: this.#parts });
    const { input } = this.#network;
    const count = countImages(images, input);
    requireLabels(labels, { images: count, network: this.#network });
    const step = new StepOf(this.#surroundings, (layer) =>
      dropoutMask(layer, { images: count, seed: this.#seed, step: this.#steps + 1, part: this.#parts }),
    );
    const { height, width, channels } = input;
    const tensor = this.device.floats(images, [count, height, width, channels]);
    try {
      const loss = using([tensor], () => this.#learn(step, { name: 'images', tensor }, labels));
      const gradientNorms = this.#apply(step, how);
      return { loss, ...(gradientNorms && { gradientNorms }) };
    } finally {
      step.release();
    }
  }

  /** Forward and back. @returns the loss */
  #learn(step: StepOf, images: Beginning, labels: ArrayLike<number>): number {
    const { learning } = this.#division;
    const beginnings = this.#throughFrozen(images);
    const pass = new Pass(step.training(learning), learning);
    try {
      const tensors = beginnings.map(({ tensor }) => tensor);
      const logits = using(tensors, () => pass.forward(beginnings));
      const last = learning.at(-1);
      if (last?.kind !== 'dense') throw new RangeError('last layer of a network: expected a dense one');
      const { loss, gradient } = using([logits], () =>
        lossOf(this.device.read(logits), labels, { ...this.#loss, activation: last.activation }),
      );
      const slope = this.device.floats(gradient, logits.shape);
      using([slope], () => pass.backward(slope));
      return loss;
    } finally {
      pass.release();
    }
  }

  /** What learning layers read first: the images, and what frozen layers make of them. */
  #throughFrozen(images: Beginning): Beginning[] {
    const { frozen, inputs } = this.#division;
    const found = infer(this.#surroundings, frozen, images, inputs);
    return inputs.map((name) => ({ name, tensor: found.get(name) ?? images.tensor.keep() }));
  }

  /** Moves weights and statistics, once everything has been computed. @returns the norms of what moved the weights */
  #apply(step: StepOf, { learningRate, part }: StepOptions): StepFound['gradientNorms'] {
    const { gradients } = step;
    if (part) addShares(this.device, { gradients, share: part.share, into: this.#gathered });
    let norms: StepFound['gradientNorms'];
    if (part?.last === false) this.#parts++;
    else {
      const whole = part ? this.#gathered : gradients;
      norms = gradientNorms(this.device, whole, this.#stages);
      this.#move(whole, learningRate ?? this.#optimiser.learningRate);
      for (const tensor of this.#gathered.values()) tensor.release();
      this.#gathered.clear();
    }
    this.#moveAllStatistics(step);
    return norms;
  }

  #moveAllStatistics({ seen }: StepOf): void {
    for (const layer of this.#division.learning) {
      const found = seen.get(layer.name);
      if (found && layer.kind === 'batch-norm') this.#moveStatistics(layer, found);
    }
  }

  #move(gradients: ReadonlyMap<string, Tensor>, learningRate: number): void {
    this.#parts = 0;
    moveWeights(this.device, this.#learnt, this.#optimiser, {
      number: ++this.#steps,
      ...{ learningRate, gradients },
    });
  }

  /** s ← momentum · s + (1 − momentum) · what the batch showed. */
  #moveStatistics(
    { name, inputs, momentum }: BatchNormLayer,
    found: { mean: Tensor; variance: Tensor },
  ): void {
    const [before = ''] = inputs;
    const bias = this.#biasless.has(before) ? this.#others.get(`${before}/bias`) : undefined;
    for (const [variable, tensor] of [
      ['moving_mean', found.mean],
      ['moving_variance', found.variance],
    ] as const) {
      const kept = this.#others.get(`${name}/${variable}`) as Float32Array;
      const batch = this.device.read(tensor);
      const offset = variable === 'moving_mean' ? bias : undefined;
      const moved = kept.map(
        (value, i) => momentum * value + (1 - momentum) * ((batch[i] as number) + (offset?.[i] ?? 0)),
      );
      this.#others.set(`${name}/${variable}`, moved);
    }
  }

  get #surroundings(): Surroundings {
    return {
      device: this.device,
      isBiasless: (layer) => this.#biasless.has(layer),
      weight: (name) => this.#learnt.get(name)?.w.read() ?? this.#constant(name).keep(),
    };
  }

  #constant(name: string): Tensor {
    const known = this.#constants.get(name);
    if (known) return known;
    const spec = this.#network.weights.find((each) => each.name === name);
    const made = this.device.floats(this.#others.get(name) as Float32Array, spec?.shape ?? []);
    this.#constants.set(name, made);
    return made;
  }
}

/** What one step gathers before anything moves. */
class StepOf {
  readonly gradients = new Map<string, Tensor>();
  readonly seen = new Map<string, { mean: Tensor; variance: Tensor }>();

  constructor(
    private readonly surroundings: Surroundings,
    private readonly maskOf: (layer: Extract<Layer, { kind: 'dropout' }>) => Float32Array,
  ) {}

  training(layers: readonly Layer[]): Training {
    const { device } = this.surroundings;
    return {
      ...this.surroundings,
      learn: (weight, gradient) => void this.gradients.set(weight, gradient),
      observe: (layer, seen) => void this.seen.set(layer, seen),
      mask: (name) => {
        const layer = layers.find((each) => each.name === name);
        if (layer?.kind !== 'dropout') throw new RangeError(`layer ${name}: expected a dropout`);
        const mask = this.maskOf(layer);
        const { channels } = layer.output;
        return device.floats(mask, [mask.length / channels, 1, 1, channels]);
      },
    };
  }

  release(): void {
    for (const tensor of this.gradients.values()) tensor.release();
    for (const { mean, variance } of this.seen.values()) for (const each of [mean, variance]) each.release();
  }
}
