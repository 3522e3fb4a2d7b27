import type { Optimiser, OptimiserState } from '../engine.js';
import type { Weights } from '../network.js';
import { partsOf } from './learning.js';

export type Moment = 'm' | 'v';

/** What an optimiser remembers of each tensor. */
export function momentNames(optimiser: Optimiser): readonly Moment[] {
  if (optimiser.kind !== 'sgd') return ['m', 'v'];
  return optimiser.momentum > 0 ? ['m'] : [];
}

/**
 * Moments as an engine computes with them. Those that are of its kind already are left as they are, bit for bit.
 *
 * Of Adam, a mean m ← β m + (1 − β) g is 1 − β times the sum m ← β m + g. A velocity is left as it is.
 *
 * @throws RangeError when the state is of another optimiser
 */
export function momentsAs(
  averaging: OptimiserState['averaging'],
  state: OptimiserState,
  optimiser: Optimiser,
): Weights {
  requireMoments(state, optimiser);
  if (optimiser.kind === 'sgd' || state.averaging === averaging) return state.moments;
  const factorOf = (name: string) => {
    const share = 1 - (name.startsWith('m/') ? optimiser.beta1 : optimiser.beta2);
    return averaging === 'mean' ? share : 1 / share;
  };
  const scaled = [...state.moments].map(([name, values]) => {
    const factor = factorOf(name);
    return [name, values.map((value) => value * factor)] as const;
  });
  return new Map(scaled);
}

function requireMoments({ moments }: OptimiserState, optimiser: Optimiser): void {
  const expected = momentNames(optimiser);
  const found = [...new Set([...moments.keys()].map((name) => name.slice(0, 1)))];
  if (found.length === expected.length && expected.every((moment) => found.includes(moment))) return;
  const list = (names: readonly string[]) => (names.length > 0 ? names.join(' and ') : 'none');
  throw new RangeError(
    `moments of ${optimiser.kind ?? 'adam'}: expected ${list(expected)}, found ${list(found)}`,
  );
}

/** Whether weight decay acts on a tensor: on kernels alone. */
export function decays(name: string): boolean {
  return partsOf(name).variable === 'kernel';
}
