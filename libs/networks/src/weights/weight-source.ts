/** How pixels were normalised when weights were trained; the numbers stand in `docs/guide/weights.md`. */
export type SourcePreprocessing = 'caffe' | 'caffe/255' | 'minus-one-to-one' | 'torch' | 'none';

/** A hash that the publisher states; none is invented. */
export interface PublishedHash {
  algorithm: 'md5' | 'sha256';
  /** In hexadecimal. `sha256` may be its beginning only, where no more is published. */
  value: string;
}

/** Where published weights come from and what is known about them. */
export interface WeightSource {
  name: string;
  title: string;
  /** By the name that a study uses, also where this release does not build it. */
  architecture: 'resnet50' | 'densenet121' | 'inception-v3' | 'inception-resnet-v2';
  preprocessing: SourcePreprocessing;
  /** Who says so, and who says otherwise. */
  preprocessingNote: string;
  /** Where the file lies; null when it has to be fetched by hand from `page`. */
  address: string | null;
  /** Where people read about it. */
  page: string;
  /** What the file is called where it is published. */
  file: string;
  /** Null when its publisher states none. */
  hash: PublishedHash | null;
  licence: string;
  citation: string;
  /** What else has to be known before it is used. */
  caution: string | null;
}

/** Caution of the files whose network is PyTorch's own ResNet50. */
export const resnetV15 =
  'ResNet v1.5: its stride stands in the 3 × 3 convolution, ours in the 1 × 1 before it. A study has to accept that.';
