import type { DatasetName } from '@palimpsest/phantoms';

/** How much is drawn: what the demo takes follows from here and from the study below. */
export const demoSizes = {
  /** Pixels a side, of the images as they are drawn. */
  pixels: 32,
  /** Images of the two sources, patients (of 2.5 images each on average) of the two targets. */
  subjects: { natural: 900, radiology: 900, nodules: 120, opacities: 120 } satisfies Record<
    DatasetName,
    number
  >,
  /** Of everything that is drawn. */
  seed: 1,
};

/** The study of the demo, as a user would write it. */
export const demoStudy = `# Which start is the better one for synthetic ultrasound nodules and synthetic chest opacities: shapes and textures,
# or synthetic radiology? All images are made by a program; they show no patient. Copy this file to begin your own.

name: demo
synthetic: true # the report says so in its first lines

# What the sources are pre-trained on.
datasets:
  shapes-and-textures: &source
    layout: csv
    path: datasets/natural.csv
    imageSize: 32
    split: { group: none } # one image a subject
  radiology-like: { <<: *source, path: datasets/radiology.csv }

# What the networks are judged on: five folds, all images of a patient in one of them.
targets:
  nodules: { layout: csv, path: datasets/nodules.csv, imageSize: 32 }
  opacities: { layout: csv, path: datasets/opacities.csv, imageSize: 32, horizontalFlip: false }

sources:
  natural: { pretrain: shapes-and-textures }
  radiology: { pretrain: radiology-like }
  random: { random: true }

network: { architecture: resnet-mini }

# The protocol's learning rates are made for large networks that have seen a million images.
training:
  pretrain: { learningRate: 0.002, maxEpochs: 24, patience: 8 }
  finetune: { learningRate: 0.0003, maxEpochs: 12, patience: 4 }
  head: { learningRate: 0.005, maxEpochs: 6, patience: 2 }
  dropout: 0.2

analysis: { points: 1000, channels: 16, repeats: 3 }
`;
