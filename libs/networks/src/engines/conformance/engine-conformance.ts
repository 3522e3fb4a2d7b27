import { describe } from 'vitest';
import type { Engine } from '../../engine.js';
import { accumulationCases } from './accumulation-cases.js';
import { frozenCases } from './frozen-cases.js';
import { gradientCases } from './gradient-cases.js';
import { inferenceCases } from './inference-cases.js';
import { lossCases } from './loss-cases.js';
import { normCases } from './norm-cases.js';
import { optimiserCases } from './optimiser-cases.js';
import { trainingCases } from './training-cases.js';

/** What an engine promises beyond what all do. */
export interface Traits {
  /** That the number of threads changes no byte. An engine that has one number for a process cannot show it here. */
  sameForAnyThreads: boolean;
}

/** What every engine must do, whatever computes. For specs. */
export function engineConformance(
  name: string,
  engine: Engine,
  traits: Traits = { sameForAnyThreads: true },
): void {
  describe(`${name}: gradients against central differences in double precision`, () => gradientCases(engine));
  describe(`${name}: training`, () => trainingCases(engine, traits));
  describe(`${name}: losses`, () => lossCases(engine));
  describe(`${name}: optimisers`, () => optimiserCases(engine));
  describe(`${name}: steps in parts`, () => accumulationCases(engine));
  describe(`${name}: what a step says`, () => normCases(engine));
  describe(`${name}: a frozen base`, () => frozenCases(engine));
  describe(`${name}: inference`, () => inferenceCases(engine, traits));
}
