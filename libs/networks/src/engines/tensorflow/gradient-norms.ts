import type { WeightSpec } from '../../network.js';
import type { Device, Tensor } from './device.js';
import { using } from './rules/rule.js';

/** √(Σ g²) of each stage. @param gradients by name of the weight, one for each member of a stage */
export function gradientNorms(
  device: Device,
  gradients: ReadonlyMap<string, Tensor>,
  stages: ReadonlyMap<string, readonly WeightSpec[]>,
): Map<string, number> {
  const norms = [...stages].map(([stage, members]): [string, number] => {
    const halves: Tensor[] = [];
    return using(halves, () => {
      for (const { name } of members) halves.push(device.op('L2Loss', [gradients.get(name) as Tensor]));
      const sum = device.op('AddN', halves, { N: { int: halves.length } });
      return using([sum], () => [stage, Math.sqrt(2 * (device.read(sum)[0] as number))]);
    });
  });
  return new Map(norms);
}
