import { describe } from 'vitest';
import type { Engine } from '../../engine.js';
import { frozenCases } from './frozen-cases.js';
import { gradientCases } from './gradient-cases.js';
import { inferenceCases } from './inference-cases.js';
import { trainingCases } from './training-cases.js';

/** What every engine must do, whatever computes. For specs. */
export function engineConformance(name: string, engine: Engine): void {
  describe(`${name}: gradients against central differences in double precision`, () => gradientCases(engine));
  describe(`${name}: training`, () => trainingCases(engine));
  describe(`${name}: a frozen base`, () => frozenCases(engine));
  describe(`${name}: inference`, () => inferenceCases(engine));
}
