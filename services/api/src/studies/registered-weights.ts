import { architectures, registeredSourceSchema, type Study } from '@palimpsest/contracts';
import { weightSource, weightSources } from '@palimpsest/networks';
import { z } from 'zod';
import { isMapping } from './fill.js';
import { showValue, type Problem } from './problem.js';
import { suggest } from './suggest.js';

const brings = registeredSourceSchema.omit({ registered: true, acceptDifferences: true });

/** Weights that a source may name, and what comes with the name. */
export const registeredWeightsSchema = z.strictObject({
  name: z.string(),
  architecture: z.string(),
  brings,
});
export type RegisteredWeights = z.infer<typeof registeredWeightsSchema>;

/**
 * What is wrong with the weights that a study asks for by name.
 *
 * @param given the study as its file has it
 * @param filled the same, completed by its preset
 * @param here the weights there are
 */
export function registeredProblems(
  given: unknown,
  filled: unknown,
  here: readonly RegisteredWeights[],
): Problem[] {
  const network = isMapping(filled) && isMapping(filled.network) ? filled.network.architecture : undefined;
  const sources = isMapping(given) && isMapping(given.sources) ? Object.entries(given.sources) : [];
  return sources.flatMap(([source, value]) => {
    if (!isMapping(value) || typeof value.registered !== 'string') return [];
    const messages = [
      ...nameProblems(value.registered, here),
      ...fitProblems(value.registered, network, here),
    ];
    return [
      ...messages.map((message) => ({ path: ['sources', source, 'registered'], message })),
      ...besideName(value).map((key) => ({
        path: ['sources', source, key],
        message: `expected none beside registered, found ${showValue(value[key])}: it comes with the name`,
      })),
    ];
  });
}

/** Known weights of a network that computes otherwise, which a study has to accept: the import of their file would fail. */
export function notAccepted({ sources }: Study): Problem[] {
  return Object.entries(sources).flatMap(([name, source]) => {
    if (!('registered' in source) || source.acceptDifferences) return [];
    const caution = weightSource(source.registered)?.caution;
    if (!caution) return [];
    const message = `expected weights of the same network, found those of another. ${caution} A source with \`acceptDifferences: true\` starts from them all the same.`;
    return [{ path: ['sources', name, 'registered'], message }];
  });
}

const besideName = (source: object) => Object.keys(source).filter((key) => key in brings.shape);

function nameProblems(name: string, here: readonly RegisteredWeights[]): string[] {
  if (here.some((one) => one.name === name)) return [];
  if (weightSources.some((one) => one.name === name))
    return [`expected weights that are here; run \`palimpsest weights fetch ${name}\` first`];
  const names = [...new Set([...weightSources, ...here].map((one) => one.name))];
  const holding = names.filter((known) => known.includes(name));
  const alike = names.filter((known) => suggest(name, [known]) !== undefined);
  const near = [holding, alike].find((some) => some.length > 0) ?? names;
  return [`expected a name of \`palimpsest weights list\`, such as ${near.join(', ')}; found "${name}"`];
}

/** Known weights are told before somebody fetches them for nothing. */
function fitProblems(name: string, network: unknown, here: readonly RegisteredWeights[]): string[] {
  const known = [...here, ...weightSources].find((one) => one.name === name);
  if (!known || known.architecture === network || !architectures.some((one) => one === network)) return [];
  return [
    `expected weights of ${String(network)}, the network of this study; ${name} are of ${known.architecture}`,
  ];
}
