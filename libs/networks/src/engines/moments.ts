import type { Adam, OptimiserState } from '../engine.js';
import type { Weights } from '../network.js';

/**
 * Moments as an engine computes with them. Those that are of its kind already are left as they are, bit for bit.
 *
 * A mean m ← β m + (1 − β) g is 1 − β times the sum m ← β m + g.
 */
export function momentsAs(
  averaging: OptimiserState['averaging'],
  state: OptimiserState,
  { beta1, beta2 }: Adam,
): Weights {
  if (state.averaging === averaging) return state.moments;
  const factorOf = (name: string) => {
    const share = 1 - (name.startsWith('m/') ? beta1 : beta2);
    return averaging === 'mean' ? share : 1 / share;
  };
  const scaled = [...state.moments].map(([name, values]) => {
    const factor = factorOf(name);
    return [name, values.map((value) => value * factor)] as const;
  });
  return new Map(scaled);
}
