import { describe, expect, it } from 'vitest';
import { drawDataset, type DatasetName, type DatasetOptions, type PhantomImage } from './dataset.js';
import type { RandomFactory, RandomSource } from './random.js';

/** A small generator for tests: Mulberry32, normals by Box and Muller. */
function streamOf(seed: number): RandomSource {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

function factory(seed: number): RandomFactory {
  return (...parts) => {
    let hash = seed;
    const text = JSON.stringify(parts);
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return streamOf(hash);
  };
}

const draw = (name: DatasetName, overrides: Partial<DatasetOptions> = {}): PhantomImage[] => [
  ...drawDataset(name, { subjects: 12, size: 16, random: factory(1), ...overrides }),
];

/** Mean and standard deviation of the pixels. */
function moments({ image: { pixels } }: PhantomImage): [mean: number, deviation: number] {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  return [mean, Math.sqrt(pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length)];
}

describe.each<[DatasetName, number, string[]]>([
  [
    'natural',
    3,
    ['dotted-disc', 'dotted-star', 'dotted-triangle', 'striped-disc', 'striped-star', 'striped-triangle'],
  ],
  ['radiology', 1, ['abdomen', 'abdomen-mass', 'brain', 'brain-lesion', 'ultrasound', 'ultrasound-cyst']],
  ['nodules', 1, ['benign', 'malignant']],
  ['opacities', 1, ['diffuse', 'focal', 'normal']],
])('%s', (name, channels, labels) => {
  const images = draw(name);

  it('holds all its classes, and pixels of the size asked for', () => {
    expect([...new Set(images.map(({ label }) => label))].sort()).toEqual(labels);
    for (const { image } of images) {
      expect(image).toMatchObject({ width: 16, height: 16, channels });
      expect(image.pixels).toHaveLength(16 * 16 * channels);
    }
  });

  it('is 64 pixels a side unless said otherwise', () => {
    const [first] = drawDataset(name, { subjects: 1, random: factory(1) });
    expect(first?.image).toMatchObject({ width: 64, height: 64 });
  });

  it('names each file once, as synthetic, and without its label', () => {
    const names = images.map(({ fileName }) => fileName);
    expect(new Set(names).size).toBe(names.length);
    for (const { fileName, label } of images) {
      expect(fileName).toMatch(new RegExp(`^synthetic-${name}-\\d{5}(-\\d)?\\.png$`));
      expect(fileName).not.toContain(label);
    }
  });

  it('is the same for the same seed, another for another', () => {
    expect(draw(name)).toEqual(images);
    expect(draw(name, { random: factory(2) })[0]?.image).not.toEqual(images[0]?.image);
  });

  it('keeps its first subjects when more are drawn', () => {
    expect(draw(name, { subjects: 14 }).slice(0, images.length)).toEqual(images);
  });

  it('is neither black nor white nor flat', () => {
    for (const image of images) {
      const [mean, deviation] = moments(image);
      expect(mean).toBeGreaterThan(15);
      expect(mean).toBeLessThan(225);
      expect(deviation).toBeGreaterThan(12);
    }
  });

  it('is smoother without noise', () => {
    const roughness = ({ image: { pixels, width } }: PhantomImage) =>
      pixels.reduce((sum, value, i) => sum + Math.abs(value - (pixels[i - width * channels] ?? value)), 0);
    const total = (noise: number) =>
      draw(name, { difficulty: { noise } }).reduce((sum, image) => sum + roughness(image), 0);
    expect(total(0)).toBeLessThan(total(1));
  });

  it.each(['subjects', 'size'])('refuses %s that is no positive integer', (what) => {
    expect(() => draw(name, { [what]: 0 })).toThrow(
      `${name}: expected ${what} to be a positive integer, found 0`,
    );
    expect(() => draw(name, { [what]: 2.5 })).toThrow('found 2.5');
  });
});

describe.each<DatasetName>(['nodules', 'opacities'])('patients of %s', (name) => {
  const images = draw(name, { subjects: 30 });
  const patients = new Map<string | undefined, PhantomImage[]>();
  for (const image of images) patients.set(image.patient, [...(patients.get(image.patient) ?? []), image]);

  it('have one to four images, of one label', () => {
    expect(patients.size).toBe(30);
    const counts = [...patients.values()].map((own) => own.length);
    expect([...new Set(counts)].sort()).toEqual([1, 2, 3, 4]);
    for (const own of patients.values()) expect(new Set(own.map(({ label }) => label)).size).toBe(1);
  });

  it('look alike in their images, but never the same', () => {
    const [first, second] = [...patients.values()].find((own) => own.length > 1)!;
    expect(second!.image).not.toEqual(first!.image);
  });
});

describe('difficulty', () => {
  it('without separation takes the haze away, and leaves normal chests as they are', () => {
    const none = draw('opacities', { difficulty: { separation: 0 }, subjects: 3 });
    const full = draw('opacities', { subjects: 3 });
    const first = (images: PhantomImage[], label: string) => images.find((image) => image.label === label)!;
    expect(first(none, 'normal')).toEqual(first(full, 'normal'));
    expect(moments(first(none, 'diffuse'))[0]).toBeLessThan(moments(first(full, 'diffuse'))[0] - 2);
  });

  it('with separation makes malignant nodules darker than benign ones', () => {
    const images = draw('nodules', { subjects: 20, size: 16, difficulty: { noise: 0, separation: 2 } });
    const darkness = (label: string) => {
      const means = images.filter((image) => image.label === label).map((image) => moments(image)[0]);
      return means.reduce((a, b) => a + b) / means.length;
    };
    expect(darkness('malignant')).toBeLessThan(darkness('benign') - 2);
  });
});
