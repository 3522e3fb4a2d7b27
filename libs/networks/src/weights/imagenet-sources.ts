import { resnetV15, type WeightSource } from './weight-source.js';

const kerasFiles = 'https://storage.googleapis.com/tensorflow/keras-applications';
const kerasPage = 'https://keras.io/api/applications/';
const asInKeras = 'As the preprocess_input of its module in keras.applications does.';
const resnetCitation =
  'He, Zhang, Ren and Sun 2016, Deep Residual Learning for Image Recognition, CVPR, 770–778';
const densenetCitation =
  'Huang, Liu, van der Maaten and Weinberger 2017, Densely Connected Convolutional Networks, CVPR, 4700–4708';

type KerasFile = Pick<
  WeightSource,
  'name' | 'title' | 'architecture' | 'preprocessing' | 'licence' | 'citation'
> & {
  path: string;
  /** As keras.applications checks it; a sha256 is not published. */
  md5: string;
};

const fromKeras = ({ path, md5, ...source }: KerasFile): WeightSource => ({
  ...source,
  preprocessingNote: asInKeras,
  address: `${kerasFiles}/${path}`,
  page: kerasPage,
  file: path.slice(path.lastIndexOf('/') + 1),
  hash: { algorithm: 'md5', value: md5 },
  caution: null,
});

type TorchvisionFile = Pick<WeightSource, 'name' | 'title' | 'architecture' | 'citation' | 'caution'> & {
  model: string;
  /** Its first eight digits, which the name of the file holds and torch.hub checks; no more is published. */
  sha256: string;
};

const fromTorchvision = ({ model, sha256, ...source }: TorchvisionFile): WeightSource => ({
  ...source,
  preprocessing: 'torch',
  preprocessingNote: 'As the transforms of these weights in torchvision do.',
  address: `https://download.pytorch.org/models/${model}-${sha256}.pth`,
  page: `https://pytorch.org/vision/stable/models/generated/torchvision.models.${model}.html`,
  file: `${model}-${sha256}.pth`,
  hash: { algorithm: 'sha256', value: sha256 },
  licence: 'BSD 3-clause as the library, which says that terms of ImageNet may apply to weights',
});

/**
 * Weights trained on ImageNet: those of keras.applications without their top, and torchvision's of two networks.
 *
 * Addresses and hashes: keras/src/applications of https://github.com/keras-team/keras, and torchvision/models of
 * https://github.com/pytorch/vision. Licences: Keras' and torchvision's documentation of their applications and models.
 */
export const imagenetSources: readonly WeightSource[] = [
  fromKeras({
    name: 'imagenet-resnet50',
    title: 'ResNet50 on ImageNet, Keras',
    architecture: 'resnet50',
    preprocessing: 'caffe',
    path: 'resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5',
    md5: '4d473c1dd8becc155b73f8504c6f6626',
    licence: 'MIT, ported from the weights of Kaiming He',
    citation: resnetCitation,
  }),
  fromKeras({
    name: 'imagenet-densenet121',
    title: 'DenseNet121 on ImageNet, Keras',
    architecture: 'densenet121',
    preprocessing: 'torch',
    path: 'densenet/densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5',
    md5: '30ee3e1110167f948a6b9946edeeb738',
    licence: 'BSD 3-clause',
    citation: densenetCitation,
  }),
  fromKeras({
    name: 'imagenet-inception-v3',
    title: 'InceptionV3 on ImageNet, Keras',
    architecture: 'inception-v3',
    preprocessing: 'minus-one-to-one',
    path: 'inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5',
    md5: 'bcbd6486424b2319ff4ef7d526e38f63',
    licence: 'Apache 2.0',
    citation:
      'Szegedy, Vanhoucke, Ioffe, Shlens and Wojna 2016, Rethinking the Inception Architecture for Computer Vision, CVPR, 2818–2826',
  }),
  fromKeras({
    name: 'imagenet-inception-resnet-v2',
    title: 'InceptionResNetV2 on ImageNet, Keras',
    architecture: 'inception-resnet-v2',
    preprocessing: 'minus-one-to-one',
    path: 'inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5',
    md5: 'd19885ff4a710c122648d3b5c3b684e4',
    licence: 'Apache 2.0',
    citation:
      'Szegedy, Ioffe, Vanhoucke and Alemi 2017, Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, AAAI',
  }),
  fromTorchvision({
    name: 'imagenet-resnet50-torchvision',
    title: 'ResNet50 on ImageNet, torchvision (IMAGENET1K_V1)',
    architecture: 'resnet50',
    model: 'resnet50',
    sha256: '0676ba61',
    citation: resnetCitation,
    caution: resnetV15,
  }),
  fromTorchvision({
    name: 'imagenet-densenet121-torchvision',
    title: 'DenseNet121 on ImageNet, torchvision (IMAGENET1K_V1)',
    architecture: 'densenet121',
    model: 'densenet121',
    sha256: 'a639ec97',
    citation: densenetCitation,
    caution: null,
  }),
];
