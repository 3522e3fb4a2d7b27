import { describe, expect, it } from 'vitest';
import { optimiserSchema, scheduleSchema, withoutDefaults } from './recipe.js';
import { stageSchema } from './study.js';

const problems = (schema: typeof optimiserSchema | typeof scheduleSchema, value: unknown) =>
  (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('an optimiser', () => {
  it.each([
    { kind: 'adam' },
    { kind: 'adamw', weightDecay: 0.01 },
    { kind: 'sgd' },
    { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
  ])('may be %o', (value) => {
    expect(problems(optimiserSchema, value)).toEqual([]);
  });

  it.each([
    [{ kind: 'adam', weightDecay: 0.1 }, 'weightDecay: expected none where kind is adam (adamw decays)'],
    [{ kind: 'adamw' }, 'weightDecay: expected a number where kind is adamw'],
    [{ kind: 'adamw', weightDecay: 0.1, momentum: 0.9 }, 'momentum: expected none where kind is adamw'],
    [{ kind: 'adam', nesterov: false }, 'nesterov: expected none where kind is adam'],
    [{ kind: 'sgd', nesterov: true }, 'momentum: expected a number where nesterov is true'],
  ])('may not be %o', (value, problem) => {
    expect(problems(optimiserSchema, value)).toEqual([problem]);
  });
});

describe('a schedule', () => {
  it.each([
    [{ kind: 'cosine', warmupEpochs: 2 }, []],
    [{ kind: 'step', factor: 0.1, everyEpochs: 30 }, []],
    [{ kind: 'step', factor: 0.1 }, ['everyEpochs: expected a number where kind is step']],
    [{ kind: 'cosine', factor: 0.1 }, ['factor: expected none where kind is cosine']],
  ])('%o has the problems %o', (value, expected) => {
    expect(problems(scheduleSchema, value)).toEqual(expected);
  });
});

describe('what a stage would do anyway', () => {
  const stage = stageSchema.parse({ learningRate: 1, maxEpochs: 2, patience: 1, monitor: 'loss' });

  it('is left out, so that the same work has the same id', () => {
    const spelt = {
      ...stage,
      optimiser: { kind: 'adam' },
      schedule: { kind: 'constant' },
      loss: { classWeights: 'none', focalGamma: 0 },
      accumulate: 1,
    } as const;
    expect(withoutDefaults(spelt)).toEqual(stage);
    expect(withoutDefaults(stage)).toEqual(stage);
    const sgd = { ...stage, optimiser: { kind: 'sgd', nesterov: false } } as const;
    expect(withoutDefaults(sgd)).toEqual({ ...stage, optimiser: { kind: 'sgd' } });
  });

  it('is not confused with what it would not', () => {
    const other = {
      ...stage,
      optimiser: { kind: 'sgd', momentum: 0.9, nesterov: true },
      schedule: { kind: 'constant', warmupEpochs: 1 },
      loss: { classWeights: 'balanced', focalGamma: 2 },
      accumulate: 4,
    } as const;
    expect(withoutDefaults(other)).toEqual(other);
  });
});
