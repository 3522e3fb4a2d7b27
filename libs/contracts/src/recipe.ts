import { z } from 'zod';

/** How a stage trains beside its learning rate and its end. Whatever is left out is as it was before it could be said. */

export const scheduleSchema = z
  .strictObject({
    kind: z
      .enum(['constant', 'cosine', 'step'])
      .describe(
        'The learning rate of each step: `constant`; `cosine`, down to zero after `maxEpochs`; `step`, times `factor` after every `everyEpochs` epochs of the stage.',
      ),
    warmupEpochs: z
      .int()
      .positive()
      .optional()
      .describe('Rises in a line over so many first epochs. `cosine` begins after them.'),
    factor: z.number().positive().max(1).optional().describe('Of `step`.'),
    everyEpochs: z.int().positive().optional().describe('Of `step`.'),
  })
  .superRefine(({ kind, ...rest }, context) => {
    for (const field of ['factor', 'everyEpochs'] as const) {
      const given = rest[field] !== undefined;
      if (given === (kind === 'step')) continue;
      const message = given ? `expected none where kind is ${kind}` : 'expected a number where kind is step';
      context.addIssue({ code: 'custom', path: [field], message });
    }
  });

export const optimiserSchema = z
  .strictObject({
    kind: z
      .enum(['adam', 'adamw', 'sgd'])
      .describe(
        'As in Keras. `adam` and `adamw` with β 0.9 and 0.999, ε 1e-7; `adamw` is `adam` with `weightDecay`.',
      ),
    momentum: z.number().positive().lt(1).optional().describe('Of `sgd`, below 1; none when left out.'),
    nesterov: z.boolean().optional().describe('Whether the momentum of `sgd` is Nesterov’s.'),
    weightDecay: z
      .number()
      .positive()
      .optional()
      .describe(
        'Of `adamw` and `sgd`: each step takes this times the learning rate of every kernel away from it. Biases and batch norms do not decay.',
      ),
  })
  .superRefine(({ kind, momentum, nesterov, weightDecay }, context) => {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (kind !== 'sgd' && momentum !== undefined) refuse('momentum', `expected none where kind is ${kind}`);
    if (kind !== 'sgd' && nesterov !== undefined) refuse('nesterov', `expected none where kind is ${kind}`);
    if (kind === 'sgd' && nesterov && momentum === undefined)
      refuse('momentum', 'expected a number where nesterov is true');
    if (kind === 'adam' && weightDecay !== undefined)
      refuse('weightDecay', 'expected none where kind is adam (adamw decays)');
    if (kind === 'adamw' && weightDecay === undefined)
      refuse('weightDecay', 'expected a number where kind is adamw');
  });

export const lossSchema = z.strictObject({
  classWeights: z
    .enum(['none', 'balanced'])
    .optional()
    .describe(
      '`balanced`: an image of a class counts as images / (classes · images of its class), over the training images of the fold.',
    ),
  focalGamma: z
    .number()
    .nonnegative()
    .max(10)
    .optional()
    .describe('γ of the focal loss −(1 − p)^γ log p; 0 is the plain cross-entropy.'),
});

/** Optional fields of a stage. */
export const recipeFields = {
  optimiser: optimiserSchema.optional().describe('What makes a step of a gradient; `adam` when left out.'),
  schedule: scheduleSchema.optional().describe('How the learning rate changes; `constant` when left out.'),
  accumulate: z
    .int()
    .positive()
    .optional()
    .describe(
      'So many batches make one step of the optimiser; 1 when left out. As one large batch, but for batch norms: each batch is normalised by itself.',
    ),
  loss: lossSchema
    .optional()
    .describe('What training makes small. Validation always measures the plain cross-entropy.'),
};

/** A stage's optional fields, without those that say what would be done anyway: the same work has the same id. */
export function withoutDefaults<S extends Recipe>(stage: S): S {
  const { optimiser, schedule, loss, accumulate = 1, ...rest } = stage;
  const { classWeights, focalGamma } = loss ?? {};
  const kept = {
    ...(classWeights === 'balanced' && { classWeights }),
    ...(focalGamma && { focalGamma }),
  };
  const { nesterov, ...plain } = optimiser ?? { kind: 'adam' };
  return {
    ...rest,
    ...(plain.kind !== 'adam' && { optimiser: nesterov ? { ...plain, nesterov } : plain }),
    ...(schedule && (schedule.kind !== 'constant' || schedule.warmupEpochs) && { schedule }),
    ...(accumulate > 1 && { accumulate }),
    ...(Object.keys(kept).length > 0 && { loss: kept }),
  } as S;
}

interface Recipe {
  optimiser?: z.infer<typeof optimiserSchema> | undefined;
  schedule?: z.infer<typeof scheduleSchema> | undefined;
  loss?: z.infer<typeof lossSchema> | undefined;
  accumulate?: number | undefined;
}
