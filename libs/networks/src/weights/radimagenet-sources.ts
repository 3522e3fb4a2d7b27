import { resnetV15, type SourcePreprocessing, type WeightSource } from './weight-source.js';

const page = 'https://github.com/BMEII-AI/RadImageNet';
const citation =
  'Mei, Liu, Robson et al. 2022, RadImageNet: An Open Radiologic Deep Learning Research Dataset for Effective Transfer Learning, Radiology: Artificial Intelligence 4(5), e210315, doi:10.1148/ryai.210315';
const licence = 'MIT in its repository, which does not say whether that covers the weights';

const disputed = 'The authors never said how pixels were normalised in pre-training.';

interface Reading {
  suffix: string;
  preprocessing: SourcePreprocessing;
  note: string;
}

/** What is done with these weights in public code. Each reading is a source of its own, so that a study names it. */
const readings: [Reading, Reading, Reading] = [
  {
    suffix: 'caffe',
    preprocessing: 'caffe',
    note: `${disputed} Juodelyte et al. 2023 use them so.`,
  },
  {
    suffix: 'caffe-255',
    preprocessing: 'caffe/255',
    note: `${disputed} Their scripts for fine-tuning in Keras do so.`,
  },
  {
    suffix: 'pm1',
    preprocessing: 'minus-one-to-one',
    note: `${disputed} Their example for PyTorch scales pixels so, channels from blue to red, which grey images do not show.`,
  },
];

/** The last is called as its authors do: with `inception-resnet-v2` the names are too long for a study. */
const networks = [
  { name: 'resnet50', architecture: 'resnet50', title: 'ResNet50', file: 'ResNet50' },
  { name: 'densenet121', architecture: 'densenet121', title: 'DenseNet121', file: 'DenseNet121' },
  { name: 'inception-v3', architecture: 'inception-v3', title: 'InceptionV3', file: 'InceptionV3' },
  { name: 'irv2', architecture: 'inception-resnet-v2', title: 'InceptionResNetV2', file: 'IRV2' },
] as const;

const pytorchFiles = [
  { name: 'resnet50', architecture: 'resnet50', file: 'ResNet50', caution: resnetV15 },
  { name: 'densenet121', architecture: 'densenet121', file: 'DenseNet121', caution: null },
] as const;

const inCommon = { address: null, page, hash: null, licence, citation };

/**
 * RadImageNet's networks, each file once for each reading of its preprocessing. The project links to a folder that a
 * person has to open, so there is no address to fetch from, and it states no hash: what was imported is known by the
 * sha256 that the import writes down.
 */
export const radimagenetSources: readonly WeightSource[] = [
  ...networks.flatMap(({ name, architecture, title, file }) =>
    readings.map(({ suffix, preprocessing, note }): WeightSource => ({
      ...inCommon,
      name: `radimagenet-${name}-${suffix}`,
      title: `${title} on RadImageNet, Keras, pixels ${preprocessing}`,
      architecture,
      preprocessing,
      preprocessingNote: note,
      file: `RadImageNet-${file}_notop.h5`,
      caution: null,
    })),
  ),
  ...pytorchFiles.map(({ name, file, ...source }): WeightSource => ({
    ...inCommon,
    ...source,
    name: `radimagenet-${name}-pytorch`,
    title: `${file} on RadImageNet, PyTorch`,
    preprocessing: 'minus-one-to-one',
    preprocessingNote: readings[2].note,
    file: `${file}.pt`,
  })),
];
