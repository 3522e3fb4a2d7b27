import type { Difficulty, Drawing } from './drawing.js';
import { objectOf } from './natural.js';
import { noduleOf } from './nodules.js';
import { chestOf } from './opacities.js';
import { render, type PhantomPixels } from './pixels.js';
import { sectionOf } from './radiology.js';
import type { RandomFactory, RandomSource } from './random.js';

/** The datasets that can be drawn: two to pre-train on, two to be judged on. */
export type DatasetName = 'natural' | 'radiology' | 'nodules' | 'opacities';

/** One image of a dataset. */
export interface PhantomImage {
  /** Begins with `synthetic-`; says neither label nor class. */
  fileName: string;
  label: string;
  /** Who it is of, where several images are of one patient; they share the label. */
  patient?: string;
  image: PhantomPixels;
}

/** What to draw. */
export interface DatasetOptions {
  /** Images of `natural` and `radiology`, patients (of one to four images each) of `nodules` and `opacities`. */
  subjects: number;
  /** Pixels a side, 64 unless said otherwise. */
  size?: number;
  difficulty?: Partial<Difficulty>;
  random: RandomFactory;
}

interface Dataset {
  labels: readonly string[];
  patients: boolean;
  draw: (label: string, random: RandomSource, difficulty: Difficulty) => Drawing;
}

const datasets: Record<DatasetName, Dataset> = {
  natural: {
    labels: ['disc', 'triangle', 'star'].flatMap((outline) => [`dotted-${outline}`, `striped-${outline}`]),
    patients: false,
    draw: objectOf,
  },
  radiology: {
    labels: ['abdomen', 'abdomen-mass', 'brain', 'brain-lesion', 'ultrasound', 'ultrasound-cyst'],
    patients: false,
    draw: sectionOf,
  },
  nodules: { labels: ['benign', 'malignant'], patients: true, draw: noduleOf },
  opacities: { labels: ['normal', 'focal', 'diffuse'], patients: true, draw: chestOf },
};

/**
 * Draws a dataset of made-up images, subject by subject; the labels take turns. A subject depends on the factory and on
 * its own number only: more subjects leave the first ones as they are.
 *
 * The bytes are the same wherever `Math.sin`, `cos`, `atan2` and `hypot` are, that is in every release of V8 so far;
 * another JavaScript engine may differ by a grey level here and there.
 *
 * @throws RangeError when subjects or size is no positive integer
 */
export function* drawDataset(name: DatasetName, options: DatasetOptions): Generator<PhantomImage> {
  const { subjects, size = 64, random } = options;
  const difficulty = { separation: 1, noise: 1, ...options.difficulty };
  for (const [what, value] of Object.entries({ subjects, size })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${name}: expected ${what} to be a positive integer, found ${value}`);
    }
  }
  const { labels, patients, draw } = datasets[name];
  for (let subject = 0; subject < subjects; subject++) {
    const label = labels[subject % labels.length] as string;
    const anatomy = random(name, subject);
    const drawing = draw(label, anatomy, difficulty);
    const views = patients ? 1 + Math.floor(4 * anatomy.uniform()) : 1;
    const number = `synthetic-${name}-${String(subject + 1).padStart(5, '0')}`;
    for (let view = 0; view < views; view++) {
      const stream = random(name, subject, view);
      const [fields, grain] = drawing(stream, size);
      const image = render(size, fields, stream, grain);
      yield patients
        ? { fileName: `${number}-${view + 1}.png`, label, patient: number, image }
        : { fileName: `${number}.png`, label, image };
    }
  }
}
