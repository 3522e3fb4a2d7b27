import { MemoryStore, Store } from '@palimpsest/platform';
import { collect } from '../collect.js';
import type { View } from '../view.js';
import { made, type Made } from './made.js';
import { resultsOf } from './results.js';

/** The view of a made-up study. */
export async function viewOf(overrides: Partial<Made> & Pick<Made, 'study'>): Promise<View> {
  const store = new Store(new MemoryStore());
  return collect(await resultsOf(made(overrides), store), store, new AbortController().signal);
}
