import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKubernetesUrl } from './place.js';
import { readTemplates } from './template.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-template-'));
});
afterAll(() => rm(folder, { recursive: true }));

const job = (image: string, more = '') => `apiVersion: batch/v1
kind: Job
spec:
  template:
    spec:
      ${more}
      containers:
        - { name: task, image: '${image}' }
`;

async function read(text: string, options = '') {
  const path = join(folder, 'job.yaml');
  await writeFile(path, text);
  return readTemplates(parseKubernetesUrl(`kubernetes:?namespace=a&template=${path}${options}`));
}
const imagesOf = async (text: string) => {
  const { plain, gpu } = await read(text);
  return [plain, gpu].map(({ spec }) => spec?.template.spec?.containers[0]?.image);
};

describe('the template of jobs', () => {
  it('is one Job for all tasks, or a second one for those that need a GPU', async () => {
    expect(await imagesOf(job('a'))).toEqual(['a', 'a']);
    expect(await imagesOf(`# ours\n---\n${job('a')}---\n${job('b')}`)).toEqual(['a', 'b']);
  });

  it.each([
    ['nothing', '', /expected one Job.*found 0/],
    ['three Jobs', [1, 2, 3].map(() => job('a')).join('---\n'), /expected one Job.*found 3/],
    ['no YAML', 'a: [', /template of jobs .*job\.yaml: /],
    ['another kind', job('a').replace('kind: Job', 'kind: Pod'), /expected "Job".*\n.*kind/],
    ['no image', job(''), /image/],
    ['no container', job('a').replace(/containers:[^]*/, 'containers: []'), /expected a container/],
    ['pods that are started again', job('a', 'restartPolicy: OnFailure'), /restartPolicy/],
    ['many pods', job('a').replace('spec:', 'spec:\n  parallelism: 2'), /parallelism/],
  ])('refuses %s', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('must have the container that the URL names', async () => {
    await expect(read(job('a'), '&container=main')).rejects.toThrow('expected a container "main"');
  });

  it('must be there', async () => {
    const place = parseKubernetesUrl('kubernetes:?namespace=a&template=/nowhere.yaml');
    await expect(readTemplates(place)).rejects.toThrow(/template of jobs \/nowhere\.yaml: .*ENOENT/);
  });
});
