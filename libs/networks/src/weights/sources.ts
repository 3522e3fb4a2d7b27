import { imagenetSources } from './imagenet-sources.js';
import { radimagenetSources } from './radimagenet-sources.js';
import type { WeightSource } from './weight-source.js';

/** Published weights that are known by name. A source is a file, or a file with one reading of how it was made. */
export const weightSources: readonly WeightSource[] = [...imagenetSources, ...radimagenetSources];

/** The source of that name, if there is one. */
export function weightSource(name: string): WeightSource | undefined {
  return weightSources.find((source) => source.name === name);
}
