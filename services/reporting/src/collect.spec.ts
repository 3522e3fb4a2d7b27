import { MemoryStore, Store } from '@palimpsest/platform';
import { expect, it } from 'vitest';
import { collect } from './collect.js';
import { aStudy, layers, made } from './spec-support/made.js';
import { resultsOf } from './spec-support/results.js';
import { layersOf } from './statistics/similarity.js';

it('puts the layers of a comparison in the order of the network, whatever they are called', async () => {
  const store = new Store(new MemoryStore());
  const results = await resultsOf(made({ study: aStudy(['one']) }), store);
  for (const { output } of results.comparisons) output.layers.reverse();
  const { comparisons, ...view } = await collect(results, store, new AbortController().signal);
  expect(layersOf({ ...view, comparisons })).toEqual(layers);
  expect(comparisons.length).toBeGreaterThan(1);
  for (const comparison of comparisons) expect(comparison.layers.map(({ layer }) => layer)).toEqual(layers);
});
