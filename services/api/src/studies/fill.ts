import { resolve } from 'node:path';
import {
  groupOfLayout,
  protocolPresets,
  protocols,
  type Layout,
  type ProtocolName,
} from '@palimpsest/contracts';
import type { RegisteredWeights } from './registered-weights.js';

type Mapping = Record<string, unknown>;

/** What a study file does not hold. */
export interface Surroundings {
  /** The absolute folder to which paths are relative; without it they must be absolute. */
  baseDir?: string | undefined;
  /** What `registered` may name. */
  weights?: readonly RegisteredWeights[] | undefined;
}

/**
 * What a study file says, completed by the preset of its protocol, with paths made absolute where
 * `baseDir` says to what they are relative, and with what belongs to the names of registered weights. Whatever is of
 * the wrong shape is left as it is, for the schema to name.
 */
export function fillStudy(given: unknown, { baseDir, weights }: Surroundings): unknown {
  if (!isMapping(given)) return given;
  const protocol = isProtocol(given.protocol) ? given.protocol : 'audited';
  const preset = protocolPresets[protocol];
  const dataset = (value: unknown) => fillDataset(value, preset.dataset, baseDir);
  const source = (value: unknown) => fillSource(value, preset.preprocessing, { baseDir, weights });
  return {
    ...(merge(preset.study, given) as Mapping),
    protocol: given.protocol ?? protocol,
    synthetic: given.synthetic ?? false,
    datasets: mapValues(given.datasets ?? {}, dataset),
    targets: mapValues(given.targets, dataset),
    sources: mapValues(given.sources, source),
  };
}

function fillDataset(
  given: unknown,
  preset: Mapping & { split: Mapping },
  baseDir: string | undefined,
): unknown {
  if (!isMapping(given)) return given;
  const group = groupOfLayout[given.layout as Layout] as string | undefined;
  const defaults = { ...preset, labels: {}, split: { ...preset.split, group: group ?? 'none' } };
  return { ...(merge(defaults, given) as Mapping), ...absolute(given, 'path', baseDir) };
}

function fillSource(given: unknown, preprocessing: string, { baseDir, weights }: Surroundings): unknown {
  if (!isMapping(given) || 'random' in given) return given;
  if ('registered' in given)
    return { ...given, ...weights?.find(({ name }) => name === given.registered)?.brings };
  if (!('pretrain' in given || 'weights' in given)) return given;
  return { preprocessing, ...given, ...absolute(given, 'weights', baseDir) };
}

function absolute(given: Mapping, key: string, baseDir: string | undefined): Mapping {
  const path = given[key];
  return typeof path === 'string' && path !== '' && baseDir !== undefined
    ? { [key]: resolve(baseDir, path) }
    : {};
}

/** Fields of `given` win; mappings are merged field by field. */
function merge(defaults: unknown, given: unknown): unknown {
  if (given === undefined) return defaults;
  if (!isMapping(defaults) || !isMapping(given)) return given;
  const keys = new Set([...Object.keys(defaults), ...Object.keys(given)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(defaults[key], given[key])]));
}

function mapValues(value: unknown, map: (item: unknown) => unknown): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item)]));
}

/** Whether a value is a mapping of YAML. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isProtocol = (value: unknown): value is ProtocolName => protocols.some((name) => name === value);
