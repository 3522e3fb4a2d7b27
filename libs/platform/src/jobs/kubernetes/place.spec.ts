import { describe, expect, it } from 'vitest';
import { parseKubernetesUrl } from './place.js';

describe('a URL of Kubernetes jobs', () => {
  it('says where jobs are made, and from what', () => {
    expect(parseKubernetesUrl('kubernetes:?namespace=studies&template=/etc/palimpsest/job.yaml')).toEqual({
      namespace: 'studies',
      template: '/etc/palimpsest/job.yaml',
      name: 'palimpsest',
      gpuResource: 'nvidia.com/gpu',
    });
  });

  it('takes every option', () => {
    const url =
      'kubernetes:?namespace=a&template=b&name=lab&gpuResource=nvidia.com/mig-1g.10gb&container=task&queue=gpus&priorityClass=low&owner=release&gangSeconds=10';
    expect(parseKubernetesUrl(url)).toEqual({
      ...{ namespace: 'a', template: 'b', name: 'lab', gpuResource: 'nvidia.com/mig-1g.10gb' },
      ...{ container: 'task', queue: 'gpus', priorityClass: 'low', owner: 'release', gangSeconds: 10 },
    });
  });

  it.each([
    ['kubernetes:?template=b', /namespace=, found none/],
    ['kubernetes:?namespace=a', /template=, found none/],
    ['kubernetes:?namespace=a&template=b&gpu=2', /namespace, template, name, .*found "gpu"/],
    ['kubernetes:studies?namespace=a&template=b', /expected kubernetes:\?namespace/],
    ['kubernetes:?namespace=a&template=b&name=My_Lab', /name: .*found "My_Lab"/],
    ['kubernetes:?namespace=a&template=b&gangSeconds=0', /gangSeconds: expected 1 to 600, found "0"/],
    ['kubernetes:?namespace=a&template=b&gangSeconds=5s', /gangSeconds: .*found "5s"/],
    ['kubernetes:?namespace=a&template=b&name=a-name-too-long-for-a-label', /name: expected at most 22/],
  ])('refuses %s', (url, message) => {
    expect(() => parseKubernetesUrl(url)).toThrow(message);
  });
});
