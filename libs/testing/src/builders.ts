import { createHash } from 'node:crypto';
import {
  protocolPresets,
  tasks,
  type ArtifactRef,
  type Dataset,
  type Resources,
  type Study,
  type TaskInput,
  type TaskRequest,
  type TreeRef,
} from '@palimpsest/contracts';

/** A dataset of the layout `csv`, everything else as the protocol `audited` has it. */
export function aDataset(overrides: Partial<Dataset> = {}): Dataset {
  const { dataset } = protocolPresets.audited;
  const split = { ...dataset.split, group: 'patient' } as const;
  return { ...dataset, layout: 'csv', path: 'dataset.csv', labels: {}, split, ...overrides };
}

/** A study of one target and a random start under the protocol `audited`. */
export function aStudy(overrides: Partial<Study> = {}): Study {
  return {
    ...protocolPresets.audited.study,
    name: 'a-study',
    protocol: 'audited',
    synthetic: true,
    datasets: {},
    targets: { target: aDataset() },
    sources: { random: { random: true } },
    ...overrides,
  };
}

/** The reference that `Store.put(prefix, bytes)` gives for the bytes of a text. */
export function aRef(text = 'bytes', prefix = 'artifacts'): ArtifactRef {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { key: `${prefix}/${sha256}`, sha256, bytes: Buffer.byteLength(text) };
}

/** A tree whose listing is not in any store. */
export function aTreeRef(prefix = 'trees/a'): TreeRef {
  return { prefix, listing: aRef(prefix, `${prefix}/.listing`) };
}

/** Input of a `compare`: the smallest of all kinds. */
export function aCompareInput(overrides: Partial<TaskInput<'compare'>> = {}): TaskInput<'compare'> {
  return {
    a: aTreeRef('trees/a'),
    b: aTreeRef('trees/b'),
    measures: ['cca'],
    epsilon: 1e-10,
    summary: 'mean',
    seed: 1,
    ...overrides,
  };
}

/** What a small task needs. */
export const someResources: Resources = { cpus: 1, memoryBytes: 1 << 20, gpus: 0 };

/** The request for a `compare`, first attempt. */
export function aRequest(overrides: Partial<TaskRequest<'compare'>> = {}): TaskRequest<'compare'> {
  return {
    taskId: '0123456789abcdef0123456789abcdef',
    studyId: 'a-study',
    kind: 'compare',
    version: tasks.compare.version,
    attempt: 1,
    needs: someResources,
    input: aCompareInput(),
    ...overrides,
  };
}
