import { describe, expect, it } from 'vitest';
import { weightSource, weightSources } from './sources.js';

describe('known sources', () => {
  it('have names that a study can use, each once', () => {
    const names = weightSources.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
  });

  it('have a hash wherever they have an address', () => {
    for (const { name, address, hash } of weightSources) expect(hash !== null, name).toBe(address !== null);
    for (const { hash } of weightSources) {
      if (hash) expect(hash.value).toMatch(hash.algorithm === 'md5' ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{8,64}$/);
    }
  });

  it('say for the same file of RadImageNet each way its pixels are read', () => {
    const readings = weightSources.filter(({ file }) => file === 'RadImageNet-ResNet50_notop.h5');
    expect(readings.map(({ preprocessing }) => preprocessing)).toEqual([
      'caffe',
      'caffe/255',
      'minus-one-to-one',
    ]);
  });

  it('are found by name', () => {
    expect(weightSource('imagenet-resnet50')).toMatchObject({
      architecture: 'resnet50',
      preprocessing: 'caffe',
    });
    expect(weightSource('imagenet-resnet51')).toBeUndefined();
  });
});
