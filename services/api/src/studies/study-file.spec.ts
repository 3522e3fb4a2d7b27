import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { protocolPresets } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { parseStudyFile, parseStudySpec } from './study-file.js';

const parse = (text: string) => parseStudyFile(text, { file: 'study.yaml', baseDir: '/home/me' });
const problems = (text: string): string[] => {
  try {
    parse(text);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
};

const small = `name: small
targets:
  breast: { layout: busi, path: busi }
sources:
  nothing: { random: true }
`;

describe('a study file', () => {
  it('needs no more than a name, targets and sources', () => {
    const study = parse(small);
    expect(study).toMatchObject({ name: 'small', protocol: 'audited', synthetic: false, datasets: {} });
    expect(study.analysis).toEqual(protocolPresets.audited.study.analysis);
    expect(study.targets.breast).toMatchObject({ path: '/home/me/busi', labels: {}, imageSize: 224 });
  });

  it('overrides any single field of the preset and keeps its neighbours', () => {
    const study = parse(`${small}protocol: paper
training: { finetune: { patience: 30 }, augmentation: { zoomFraction: 0 } }
analysis: { layers: [conv1_relu], points: 100 }
`);
    const { finetune, augmentation } = protocolPresets.paper.study.training;
    expect(study.training.finetune).toEqual({ ...finetune, patience: 30 });
    expect(study.training.augmentation).toEqual({ ...augmentation, zoomFraction: 0 });
    expect(study.analysis).toMatchObject({ layers: ['conv1_relu'], points: 100, summary: 'sum' });
  });

  it('may say how a stage trains, and leaves out what it does not say', () => {
    const { finetune } = parse(`${small}training:
  finetune:
    optimiser: { kind: sgd, momentum: 0.9 }
    schedule: { kind: cosine, warmupEpochs: 2 }
    loss: { classWeights: balanced, focalGamma: 2 }
    frozenStages: 3
`).training;
    expect(finetune).toEqual({
      ...protocolPresets.audited.study.training.finetune,
      optimiser: { kind: 'sgd', momentum: 0.9 },
      schedule: { kind: 'cosine', warmupEpochs: 2 },
      loss: { classWeights: 'balanced', focalGamma: 2 },
      frozenStages: 3,
    });
  });

  it.each([
    [
      'finetune: { optimizer: { kind: sgd } }',
      'finetune.optimizer: no such field; did you mean "optimiser"?',
    ],
    ['head: { frozenStages: 2 }', 'head.frozenStages: no such field'],
    [
      'finetune: { optimiser: { kind: sgdd } }',
      'expected one of adam, adamw, sgd, found "sgdd"; did you mean "sgd"?',
    ],
    [
      'finetune: { schedule: { kind: cosine, warmup: 2 } }',
      'schedule.warmup: no such field; known here: kind, warmupEpochs, factor, everyEpochs',
    ],
    [
      'finetune: { optimiser: { kind: adamw } }',
      'weightDecay: expected a number where kind is adamw, found nothing',
    ],
    [
      'head: { maxEpochs: 3, schedule: { kind: constant, warmupEpochs: 3 } }',
      'head.schedule.warmupEpochs: expected fewer than the 3 epochs of the stage, found 3',
    ],
    ['finetune: { frozenStages: 2, topLayers: 3 }', 'topLayers: expected none beside frozenStages'],
    [
      'finetune: { topLayers: 108 }',
      'topLayers: expected at most the 107 layers with weights of resnet50, found 108',
    ],
    ['seeds: 0', 'training.seeds: '],
    ['shots: []', 'training.shots: '],
    ['shots: [8, 32, 8]', 'training.shots.2: "8" is listed twice'],
    ['head: { learningRate: .nan }', 'head.learningRate: expected a number, found .nan'],
    ['head: { learningRate: .inf }', 'head.learningRate: expected a number, found .inf'],
    ['head: { learningRate: -.inf }', 'head.learningRate: expected a number, found -.inf'],
    ['drift: 7', 'training.drift: expected 0, or 8 images and more'],
  ])('refuses the training { %s }', (training, problem) => {
    const found = problems(`${small}training: { ${training} }\n`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(problem);
  });

  it('refuses smaller training sets where nothing trains on them', () => {
    const found = problems(`${small}strategies: [freeze]\ntraining: { shots: [8] }\n`);
    expect(found.join()).toContain(
      'training.shots: expected none where finetune is not among the strategies',
    );
  });

  it('can switch augmentation off', () => {
    expect(parse(`${small}training: { augmentation: null }\n`).training.augmentation).toBeNull();
  });

  it('splits by patient exactly where the layout knows patients, unless told otherwise', () => {
    const study = parse(`name: groups
targets:
  a: { layout: ddti, path: a }
  b: { layout: busi, path: b }
  c: { layout: csv, path: c.csv, split: { group: none, folds: 3 } }
sources: { r: { random: true } }
`);
    expect(Object.values(study.targets).map((t) => t.split)).toEqual([
      { folds: 5, seed: 2, group: 'patient' },
      { folds: 5, seed: 2, group: 'none' },
      { folds: 3, seed: 2, group: 'none' },
    ]);
  });

  it('makes paths absolute and gives sources the preprocessing of the protocol', () => {
    const study = parse(`${small}  theirs: { weights: ../w.safetensors, preprocessing: torch }
  ours: { pretrain: shapes }
datasets:
  shapes: { layout: class-folders, path: /elsewhere/shapes }
`);
    expect(study.sources.theirs).toEqual({ weights: '/home/w.safetensors', preprocessing: 'torch' });
    expect(study.sources.ours).toEqual({ pretrain: 'shapes', preprocessing: 'caffe' });
    expect(study.datasets.shapes?.path).toBe('/elsewhere/shapes');
  });

  it('may use anchors and merge keys', () => {
    const study = parse(`name: anchors
targets:
  a: &usual { layout: busi, path: a, imageSize: 64 }
  b: { <<: *usual, path: b }
sources: { r: { random: true } }
`);
    expect(study.targets.b).toMatchObject({ layout: 'busi', path: '/home/me/b', imageSize: 64 });
  });

  it('is accepted as the examples have it', () => {
    const file = fileURLToPath(new URL('../../../../examples/breast-and-chest.yaml', import.meta.url));
    expect(problems(readFileSync(file, 'utf8'))).toEqual([]);
  });
});

describe('what is wrong with a study file', () => {
  const withTarget = (fields: string) => `name: wrong
targets:
  breast:
    ${fields}
sources: { r: { random: true } }
`;

  it.each([
    [
      'a misspelt value',
      withTarget('{ layout: busy, path: x }'),
      'study.yaml line 4: targets.breast.layout: expected one of class-folders, csv, busi, chest-xray, ddti, isic2018, found "busy"; did you mean "busi"?',
    ],
    [
      'a misspelt field',
      withTarget('{ layout: busi, path: x, imagesize: 64 }'),
      'study.yaml line 4: targets.breast.imagesize: no such field; did you mean "imageSize"?',
    ],
    [
      'a field that is nowhere near another',
      withTarget('{ layout: busi, path: x, split: { colour: 1 } }'),
      'study.yaml line 4: targets.breast.split.colour: no such field; known here: folds, group, seed',
    ],
    [
      'a missing field',
      withTarget('layout: busi'),
      'study.yaml line 3: targets.breast.path: expected a text, found nothing',
    ],
    [
      'a number out of range',
      withTarget('{ layout: busi, path: x, imageSize: 8 }'),
      'study.yaml line 4: targets.breast.imageSize: expected at least 32, found 8',
    ],
    [
      'a fraction where there is none',
      withTarget('{ layout: busi, path: x, batchSize: 1.5 }'),
      'study.yaml line 4: targets.breast.batchSize: expected a whole number, found 1.5',
    ],
    [
      'a text for a number',
      `${small}seeds: { training: one }`,
      'study.yaml line 6: seeds.training: expected a number, found "one"',
    ],
    [
      'a list for a mapping',
      `${small}training: [1]`,
      'study.yaml line 6: training: expected a mapping, found a list',
    ],
    ['an empty section', `${small}network:`, 'study.yaml line 6: network: expected a mapping, found nothing'],
    [
      'a misspelt section',
      `${small}anaylsis: { points: 10 }`,
      'study.yaml line 6: anaylsis: no such field; did you mean "analysis"?',
    ],
    [
      'a misspelt item of a list',
      `${small}analysis:\n  measures:\n    - cca\n    - pwca\n`,
      'study.yaml line 9: analysis.measures.1: expected one of cca, svcca, pwcca, cka, found "pwca"; did you mean "pwcca"?',
    ],
    [
      'an unknown protocol',
      `${small}protocol: papers`,
      'study.yaml line 6: protocol: expected one of paper, paper-code, audited, found "papers"; did you mean "paper"?',
    ],
    [
      'a source of no kind',
      `${small}  odd: { pretrian: shapes }`,
      'study.yaml line 6: sources.odd: expected random: true, pretrain: <dataset>, registered: <name> or weights: <file>, found pretrian; did you mean "pretrain"?',
    ],
    [
      'a source of two kinds',
      `${small}  odd: { random: true, weights: x }`,
      'study.yaml line 6: sources.odd.weights: no such field; known here: random',
    ],
    [
      'a misspelt preprocessing',
      `${small}  odd: { weights: x, preprocessing: cafe }`,
      'study.yaml line 6: sources.odd.preprocessing: expected one of caffe, caffe/255, minus-one-to-one, torch, none, found "cafe"; did you mean "caffe"?',
    ],
    [
      'a name that could be a path',
      'name: ../up\ntargets: { b: { layout: busi, path: x } }\nsources: { r: { random: true } }',
      'study.yaml line 1: name: expected letters, digits and hyphens, beginning with a letter or digit, found "../up"',
    ],
    [
      'a target whose name could be a path',
      'name: n\ntargets:\n  a/b: { layout: busi, path: x }\nsources: { r: { random: true } }',
      'study.yaml line 3: targets.a/b: a name has letters, digits and hyphens, beginning with a letter or digit',
    ],
    [
      'a pre-training on nothing',
      `${small}  p: { pretrain: brest }`,
      'study.yaml line 6: sources.p.pretrain: expected a dataset or target of this study (breast), found "brest"; did you mean "breast"?',
    ],
    [
      'a name used twice',
      `${small}datasets: { breast: { layout: busi, path: y } }`,
      'study.yaml line 6: datasets.breast: a target has the same name; names must differ',
    ],
    [
      'two random starts',
      `${small}  again: { random: true }`,
      'study.yaml line 6: sources.again: "nothing" is a random start already, and a second one would be the same',
    ],
    [
      'no sources',
      'name: n\ntargets: { b: { layout: busi, path: x } }\nsources: {}',
      'study.yaml line 3: sources: expected at least one, found none',
    ],
    [
      'a strategy listed twice',
      `${small}strategies: [freeze, freeze]`,
      'study.yaml line 6: strategies.1: "freeze" is listed twice',
    ],
    [
      'a misspelt layer',
      `${small}analysis:\n  layers:\n    - conv1_relu\n    - conv1_rleu`,
      'study.yaml line 9: analysis.layers.1: expected a layer of resnet50 below its head, such as conv1_relu, conv2_block3_out, conv3_block4_out, conv4_block6_out, conv5_block3_out; found "conv1_rleu"; did you mean "conv1_relu"?',
    ],
    [
      'a layer of another architecture',
      `${small}network: { architecture: resnet-mini }\nanalysis: { layers: [conv5_block3_out] }`,
      expect.stringMatching(/^study\.yaml line 7: analysis\.layers\.0: expected a layer of resnet-mini /),
    ],
    [
      'the layer of the head, which is new in every training',
      `${small}analysis: { layers: [predictions] }`,
      expect.stringMatching(/^study\.yaml line 6: analysis\.layers\.0: .*; found "predictions"$/),
    ],
    [
      'images smaller than the network takes',
      `${withTarget('{ layout: busi, path: x, imageSize: 64 }')}\nnetwork: { architecture: inception-v3 }`,
      'study.yaml line 4: targets.breast.imageSize: expected at least 75 pixels for inception-v3, found 64',
    ],
    [
      'patients where the layout knows none',
      withTarget('{ layout: busi, path: x, split: { group: patient } }'),
      'study.yaml line 4: targets.breast.split.group: expected none, found "patient": the layout busi knows no patients',
    ],
    [
      'a target on whose images every source was trained',
      'name: n\ntargets:\n  b: { layout: busi, path: x }\nsources: { p: { pretrain: b } }',
      'study.yaml line 3: targets.b: every source was pre-trained on these very images, and none of them may be judged on them',
    ],
    ['a key given twice', `${small}name: again`, 'study.yaml line 6: Map keys must be unique'],
    [
      'an anchor that is not there',
      `${small}seeds: *usual`,
      'study.yaml line 6: *usual names no anchor that stands above it',
    ],
    ['an empty file', '', 'study.yaml line 1: expected a mapping, found nothing'],
  ])('names %s', (_, text, message) => {
    expect(problems(text)).toEqual([message]);
  });

  it('is listed all at once', () => {
    const text = `nam: several
targets:
  breast: { layout: busi, path: x, imagesize: 3 }
sources: { r: { random: yes } }
strategies: []
`;
    expect(problems(text)).toEqual([
      'study.yaml line 1: name: expected a text, found nothing',
      'study.yaml line 3: targets.breast.imagesize: no such field; did you mean "imageSize"?',
      'study.yaml line 4: sources.r.random: expected true, found "yes"',
      'study.yaml line 5: strategies: expected at least 1 in the list, found a list',
      'study.yaml line 1: nam: no such field; did you mean "name"?',
    ]);
  });

  it('includes text that is no YAML, with its line', () => {
    expect(problems('name: a\ntargets: [c\n')[0]).toMatch(/^study\.yaml line [23]: /);
  });
});

describe('weights by name', () => {
  const mine = {
    name: 'mine',
    architecture: 'resnet50',
    brings: {
      weights: '/library/w.h5',
      preprocessing: 'torch' as const,
      licence: 'MIT',
      citation: 'Me 2026',
    },
  };
  const named = (source: string, more = '') =>
    parseStudyFile(`${small}  theirs: { ${source} }\n${more}`, {
      file: 'study.yaml',
      baseDir: '/home/me',
      weights: [mine, { ...mine, name: 'imagenet-resnet50-torchvision' }],
    });
  const refusal = (source: string, more?: string) => {
    try {
      named(source, more);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  it('bring file, preprocessing and terms along; whether differences are accepted is for the study to say', () => {
    const { theirs } = named('registered: mine, acceptDifferences: true').sources;
    expect(theirs).toEqual({ registered: 'mine', acceptDifferences: true, ...mine.brings });
  });

  it('stand in a study that is given whole', () => {
    const study = named('registered: mine');
    expect(parseStudySpec(JSON.parse(JSON.stringify(study)))).toEqual(study);
  });

  it.each([
    [
      'the beginning of names',
      'registered: imagenet-inception',
      'study.yaml line 6: sources.theirs.registered: expected a name of `palimpsest weights list`, such as imagenet-inception-v3, imagenet-inception-resnet-v2, radimagenet-inception-v3-caffe, radimagenet-inception-v3-caffe-255, radimagenet-inception-v3-pm1; found "imagenet-inception"',
    ],
    ['a misspelt one of your own', 'registered: mien', 'such as mine; found "mien"'],
    ['one that is like no other', 'registered: x', 'such as imagenet-resnet50, imagenet-densenet121, '],
    [
      'known weights that are not here',
      'registered: imagenet-resnet50',
      'study.yaml line 6: sources.theirs.registered: expected weights that are here; run `palimpsest weights fetch imagenet-resnet50` first',
    ],
    [
      'another preprocessing beside the name',
      'registered: mine, preprocessing: caffe',
      'study.yaml line 6: sources.theirs.preprocessing: expected none beside registered, found "caffe": it comes with the name',
    ],
    [
      'a misspelt field beside the name',
      'registered: mine, accept: true',
      'sources.theirs.accept: no such field',
    ],
    ['a number', 'registered: 5', 'sources.theirs.registered: expected a text, found 5'],
  ])('name %s', (_, source, message) => {
    expect(refusal(source)).toContain(message);
  });

  it('must be of the network of the study, fetched or not', () => {
    const message = (name: string) =>
      `study.yaml line 6: sources.theirs.registered: expected weights of resnet-mini, the network of this study; ${name} are of resnet50`;
    const mini = 'network: { architecture: resnet-mini }';
    expect(refusal('registered: mine', mini)).toBe(message('mine'));
    expect(refusal('registered: imagenet-resnet50', mini)).toContain(message('imagenet-resnet50'));
  });

  describe('known weights of a network that computes otherwise', () => {
    const source = 'registered: imagenet-resnet50-torchvision';
    const message =
      'sources.theirs.registered: expected weights of the same network, found those of another. ResNet v1.5: its stride stands in the 3 × 3 convolution, ours in the 1 × 1 before it. A study has to accept that. A source with `acceptDifferences: true` starts from them all the same.';

    it('are refused before anything runs, in a file and in a study given whole', () => {
      expect(refusal(source)).toBe(`study.yaml line 6: ${message}`);
      const { sources, ...study } = named(`${source}, acceptDifferences: true`);
      const theirs = { ...sources.theirs, acceptDifferences: undefined };
      expect(() => parseStudySpec({ ...study, sources: { theirs } })).toThrow(message);
    });

    it('are taken by a study that accepts that', () => {
      expect(named(`${source}, acceptDifferences: true`).sources.theirs).toMatchObject({
        acceptDifferences: true,
      });
    });
  });
});

describe('a study given whole', () => {
  it('is taken as it is', () => {
    const study = parse(small);
    expect(parseStudySpec(JSON.parse(JSON.stringify(study)))).toEqual(study);
  });

  it('must have absolute paths', () => {
    const study = parse(small);
    const breast = { ...study.targets.breast, path: 'busi' };
    expect(() => parseStudySpec({ ...study, targets: { breast } })).toThrow(
      'study: targets.breast.path: expected an absolute path, found "busi"',
    );
  });
});
