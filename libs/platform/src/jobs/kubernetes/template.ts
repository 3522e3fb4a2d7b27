import { readFile } from 'node:fs/promises';
import { messageOf, PlatformError } from '@palimpsest/contracts';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { KubeJob } from './objects.js';
import type { KubernetesPlace } from './place.js';

/** What Jobs are made from. One that the operator did not tell apart is both. */
export interface JobTemplates {
  /** For tasks that need no GPU. */
  plain: KubeJob;
  /** For tasks that need one. */
  gpu: KubeJob;
}

const one = z.literal(1).optional();
const templateSchema = z.looseObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  spec: z.looseObject({
    completions: one,
    parallelism: one,
    template: z.looseObject({
      spec: z.looseObject({
        restartPolicy: z.literal('Never').optional(),
        containers: z
          .array(z.looseObject({ name: z.string().min(1), image: z.string().min(1) }))
          .min(1, 'expected a container'),
      }),
    }),
  }),
});

/**
 * Reads the operator's template: one Job, or two, of which the second is for tasks that need a GPU.
 * @throws PlatformError `invalid`, naming the file, what was expected and what was found
 */
export async function readTemplates(place: KubernetesPlace): Promise<JobTemplates> {
  const { template: path } = place;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw invalid(path, `expected a Job in YAML: ${messageOf(cause)}`);
  });
  const documents = parseAllDocuments(text).filter(({ contents }) => contents !== null);
  const broken = documents.flatMap(({ errors }) => errors)[0];
  if (broken) throw invalid(path, broken.message);
  if (documents.length < 1 || documents.length > 2)
    throw invalid(
      path,
      `expected one Job, or two of which the second is for GPUs, found ${documents.length}`,
    );
  const [plain, gpu = plain] = documents.map((document) => checked(document.toJS(), place)) as [
    KubeJob,
    KubeJob?,
  ];
  return { plain, gpu };
}

function checked(value: unknown, { template: path, container }: KubernetesPlace): KubeJob {
  const parsed = templateSchema.safeParse(value);
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error));
  const names = parsed.data.spec.template.spec.containers.map(({ name }) => name);
  if (container !== undefined && !names.includes(container))
    throw invalid(path, `expected a container "${container}", as JOBS_URL says, found ${names.join(', ')}`);
  return value as KubeJob;
}

const invalid = (path: string, problem: string) =>
  new PlatformError('invalid', `template of jobs ${path}: ${problem}`);
