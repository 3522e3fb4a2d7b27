import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tasks, type Study, type TaskKind } from '@palimpsest/contracts';
import { describe, expect, it } from 'vitest';
import { parseStudyFile } from '../studies/study-file.js';
import { Outputs, type Plan } from './node.js';
import { planStudy } from './plan.js';

const parse = (text: string) => parseStudyFile(text, { file: 'study.yaml', baseDir: '/data' });

const paper = parse(`name: paper
protocol: paper-code
targets:
${['thyroid', 'breast', 'chest', 'mammograms', 'knee', 'isic', 'pcam'].map((t) => `  ${t}: { layout: csv, path: ${t}.csv }`).join('\n')}
sources:
  ImageNet: { weights: imagenet.safetensors }
  RadImageNet: { weights: radimagenet.safetensors }
  random: { random: true }
`);

const smallText = `name: small
targets: { knee: { layout: csv, path: knee.csv } }
datasets: { shapes: { layout: csv, path: shapes.csv } }
sources: { shapes: { pretrain: shapes }, others: { weights: others.safetensors }, random: { random: true } }
`;
const small = parse(smallText);

const count = (plan: Plan, kind: TaskKind) => plan.nodes.filter((node) => node.kind === kind).length;
const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const ref = (text: string) => ({ key: text, sha256: sha(text), bytes: 1 });
const tree = (text: string) => ({ prefix: text, listing: ref(text) });

/** An output of every node that depends on nothing but its input, as a real task's does. */
function pretend(kind: TaskKind, input: unknown): unknown {
  const id = sha(JSON.stringify({ kind, input }));
  const outputs: Record<TaskKind, unknown> = {
    ingest: { manifest: ref(`m${id}`), pixels: tree(id), images: 9, classes: ['a', 'b'], patients: null },
    import: { weights: ref(id), tensors: 1 },
    train: { checkpoint: ref(id), curves: ref(id), predictions: ref(id), auc: 0.5, accuracy: 0.5, epochs: 1 },
    extract: { activations: tree(id), layers: [], filters: ref(id) },
    compare: { layers: [], coefficients: ref(id) },
    report: { html: ref(id), files: tree(id) },
  };
  return outputs[kind];
}

/** Inputs of all nodes of a study but its report, by key, as if every task had run. */
function inputsOf(study: Study, look = 0): Map<string, unknown> {
  const outputs = new Map<string, unknown>();
  const inputs = new Map<string, unknown>();
  for (const node of planStudy(study, { look }).nodes) {
    if (node.kind === 'report') continue;
    const input = node.resolve(new Outputs(outputs));
    inputs.set(node.key, tasks[node.kind].input.parse(input));
    outputs.set(node.key, pretend(node.kind, input));
  }
  return inputs;
}

/** Kinds and keys of the nodes whose input differs between two studies. */
function changed(a: Study, b: Study, look = 0): string[] {
  const [before, after] = [inputsOf(a), inputsOf(b, look)];
  return [...after.keys()].filter(
    (key) => JSON.stringify(before.get(key) ?? null) !== JSON.stringify(after.get(key)),
  );
}
const kindsOf = (keys: string[]) => [...new Set(keys.map((key) => key.split('/')[0]))];
const with_ = (change: (study: Study) => void): Study => {
  const study = structuredClone(small);
  change(study);
  return study;
};

describe("the plan of the paper's study", () => {
  const plan = planStudy(paper);

  it('asks for GPUs for trainings alone', () => {
    for (const { kind, needs } of planStudy(paper, { gpus: 2 }).nodes)
      expect(needs.gpus).toBe(kind === 'train' ? 2 : 0);
  });

  it('has 175 trainings, and one of everything that is needed once', () => {
    expect(count(plan, 'train')).toBe(7 * 5 * 5);
    expect(count(plan, 'ingest')).toBe(7);
    expect(count(plan, 'import')).toBe(2);
    expect(count(plan, 'report')).toBe(1);
  });

  it('looks once at each network: 2 starts, 20 fine-tuned, 2 random starts and a trained one a fold', () => {
    expect(count(plan, 'extract')).toBe(7 * (2 + 20 + 10 + 5));
  });

  it("compares the paper's 14 pairs in every fold, and the random start with what became of it", () => {
    const knee = plan.nodes.flatMap(({ about }) =>
      about.kind === 'compare' && about.target === 'knee' ? [about] : [],
    );
    const pairs = new Set(knee.map(({ pair, a, b }) => JSON.stringify([pair, a, b])));
    expect(pairs.size).toBe(15);
    expect(knee.filter(({ fold }) => fold === null)).toHaveLength(1);
    expect(knee).toHaveLength(14 * 5 + 1);
  });

  const golden = fileURLToPath(new URL('../../../../../shared/golden/results/CCA_knee.csv', import.meta.url));
  it.skipIf(!existsSync(golden))(
    'compares exactly the pairs of its published table (skipped: ../shared not there)',
    () => {
      const name = (column: string) => {
        const [, source, freeze] = /^knee-(.*)-freeze(True|False)$/.exec(column) ?? [];
        return source === undefined ? column : `${source} ${freeze === 'True' ? 'frozen' : 'tuned'}`;
      };
      const sorted = (a: string, b: string) => [a, b].sort().join(' | ');
      const rows = readFileSync(golden, 'utf8').trim().split('\n').slice(1);
      const theirs = new Set(rows.map((row) => row.split(',')).map(([a, b]) => sorted(name(a!), name(b!))));
      const ours = new Set(
        plan.nodes.flatMap(({ about }) => {
          if (about.kind !== 'compare') return [];
          const show = (m: typeof about.a) =>
            `${m.source}${m.strategy === null ? '' : m.strategy === 'freeze' ? ' frozen' : ' tuned'}`;
          return [sorted(show(about.a), show(about.b))];
        }),
      );
      ours.delete('random | random tuned');
      expect(ours).toEqual(theirs);
    },
  );

  it('names each node once, after all that it depends on', () => {
    const seen = new Set<string>();
    for (const node of plan.nodes) {
      expect(node.deps.filter((dep) => !seen.has(dep))).toEqual([]);
      expect(seen.has(node.key)).toBe(false);
      seen.add(node.key);
    }
    expect(plan.nodes.at(-1)?.deps).toHaveLength(plan.nodes.length - 1);
  });

  it('expects time, memory and bytes of everything', () => {
    for (const { estimate, needs } of plan.nodes) {
      expect(estimate.seconds).toBeGreaterThan(0);
      expect(estimate.bytes).toBeGreaterThan(0);
      expect(Number.isInteger(needs.memoryBytes)).toBe(true);
    }
  });

  it('expects more of more images', () => {
    const seconds = (images: number) =>
      planStudy(paper, { images: { knee: images } }).byKey.get('train/knee/ImageNet/finetune/1')!.estimate
        .seconds;
    expect(seconds(5222)).toBeGreaterThan(2 * seconds(2000));
  });
});

describe('what a plan leaves out', () => {
  const keys = (study: Study) => planStudy(study).nodes.map((node) => node.key);

  it('a source on the very images that it was pre-trained on', () => {
    const study = parse(`name: two
targets: { a: { layout: busi, path: a }, b: { layout: busi, path: b } }
sources: { from-a: { pretrain: a }, random: { random: true } }
`);
    const about = keys(study).filter((key) => key.includes('from-a'));
    expect(about.filter((key) => key.includes('/a/'))).toEqual([]);
    expect(about).toContain('train/from-a');
    expect(about).toContain('train/b/from-a/freeze/1');
  });

  it('freezing where all starts are random', () => {
    const study = parse(`name: r
targets: { a: { layout: busi, path: a } }
strategies: [freeze]
sources: { random: { random: true } }
`);
    expect(keys(study).filter((key) => key.startsWith('train/'))).toEqual(
      [1, 2, 3, 4, 5].map((fold) => `train/a/random/finetune/${fold}`),
    );
  });

  it('activations that no pair needs, but not the filters of the figure', () => {
    const study = with_((s) => (s.analysis.pairs = []));
    expect(keys(study).filter((key) => key.startsWith('extract/'))).toEqual([
      'extract/knee/shapes/start',
      'extract/knee/shapes/finetune/1',
      'extract/knee/shapes/freeze/1',
      'extract/knee/others/start',
      'extract/knee/others/finetune/1',
      'extract/knee/others/freeze/1',
      'extract/knee/random/start/1',
      'extract/knee/random/finetune/1',
    ]);
  });

  it('datasets that nothing is trained on', () => {
    const study = with_((s) => delete s.sources.shapes);
    expect(keys(study)).not.toContain('ingest/shapes');
  });
});

describe('inputs of tasks', () => {
  const inputs = inputsOf(small);
  const at = (key: string) => inputs.get(key) as Record<string, never>;

  it('train the head first when the base is frozen', () => {
    const { finetune, head } = small.training;
    expect(at('train/knee/others/freeze/2').stages).toEqual([
      { ...head, trainable: 'head', keep: 'last' },
      { ...finetune, trainable: 'all', keep: 'best' },
    ]);
    expect(at('train/knee/others/finetune/2').stages).toEqual([
      { ...finetune, trainable: 'all', keep: 'best' },
    ]);
    expect(at('train/shapes').stages).toEqual([
      { ...small.training.pretrain, trainable: 'all', keep: 'best' },
    ]);
  });

  it('are the same whether a stage says what is done anyway or leaves it out', () => {
    const spelt = {
      optimiser: { kind: 'adam' },
      schedule: { kind: 'constant' },
      loss: { classWeights: 'none', focalGamma: 0 },
      accumulate: 1,
    } as const;
    const study = with_((s) => {
      for (const stage of ['finetune', 'head', 'pretrain'] as const) Object.assign(s.training[stage], spelt);
    });
    expect(inputsOf(study)).toEqual(inputs);
  });

  it.each([{ frozenStages: 2 }, { topLayers: 3 }])(
    'freeze as the main stage says, but no random start: %o',
    (part) => {
      const optimiser = { kind: 'sgd', momentum: 0.9 } as const;
      const study = with_((s) => Object.assign(s.training.finetune, { ...part, optimiser }));
      const main = { ...small.training.finetune, trainable: 'all', keep: 'best', optimiser };
      const stagesAt = (key: string) => (inputsOf(study).get(key) as { stages: unknown }).stages;
      expect(stagesAt('train/knee/others/finetune/1')).toEqual([{ ...main, ...part }]);
      expect(stagesAt('train/knee/random/finetune/1')).toEqual([main]);
      expect(stagesAt('train/shapes')).toEqual(at('train/shapes').stages);
    },
  );

  it('show both networks of every pair the same images and channels', () => {
    const seeds = [...inputs].flatMap(([key, input]) =>
      key.startsWith('extract/knee/') ? [(input as { seed: number }).seed] : [],
    );
    expect(new Set(seeds).size).toBe(1);
  });

  it('draw a random start anew in each fold, and look at the very start that was trained', () => {
    const draws = [1, 2, 3, 4, 5].flatMap((fold) => [
      at(`extract/knee/random/start/${fold}`).model,
      at(`extract/knee/random/second-start/${fold}`).model,
    ]);
    expect(new Set(draws.map((draw) => JSON.stringify(draw))).size).toBe(10);
    expect(at('train/knee/random/finetune/3').start).toEqual(at('extract/knee/random/start/3').model);
  });

  it('give all sources of a fold the same head and the same order of images', () => {
    expect(at('train/knee/random/finetune/3').seeds).toEqual(at('train/knee/others/freeze/3').seeds);
    expect(at('train/knee/random/finetune/3').seeds).not.toEqual(at('train/knee/random/finetune/4').seeds);
  });

  it('of a fold that is trained with several seeds differ in these alone, and the first is as it was', () => {
    const several = inputsOf(with_((s) => (s.training.seeds = 3)));
    expect(Object.fromEntries([...several].filter(([key]) => !key.includes('/seed-')))).toEqual(
      Object.fromEntries(inputs),
    );
    const others = [...several].filter(([key]) => key.includes('/seed-'));
    expect(others).toHaveLength(2 * 5 * 5);
    const seeds = others.map(([key, input]) => {
      const { seeds, ...rest } = input as { seeds: object };
      const { seeds: first, ...restOfFirst } = several.get(key.replace(/\/seed-.$/, '')) as {
        seeds: object;
      };
      expect(rest).toEqual(restOfFirst);
      expect(seeds).not.toEqual(first);
      return JSON.stringify(seeds);
    });
    // Two a fold, the same for all sources and strategies.
    expect(new Set(seeds).size).toBe(2 * 5);
  });

  it('of smaller training sets say how many images and what draws them, but measure no drift', () => {
    const study = inputsOf(with_((s) => Object.assign(s.training, { shots: [4, 8], seeds: 2 })));
    const smaller = [...study].filter(([key]) => key.includes('/shots-'));
    // Three sources, not frozen, of two sizes in five folds with two seeds.
    expect(smaller).toHaveLength(3 * 2 * 5 * 2);
    const { drift, ...rest } = at('train/knee/others/finetune/3');
    expect(drift).toBe(32);
    const few = study.get('train/knee/others/finetune/3/shots-4') as { shots: { seed: number } };
    expect(few).toEqual({ ...rest, shots: { perClass: 4, seed: few.shots.seed } });
    const seedOf = (key: string) => (study.get(`train/knee/${key}`) as typeof few).shots.seed;
    expect(seedOf('random/finetune/3/shots-8')).toBe(few.shots.seed);
    expect(seedOf('others/finetune/3/shots-4/seed-1')).not.toBe(few.shots.seed);
    expect(seedOf('others/finetune/4/shots-4')).not.toBe(few.shots.seed);
  });

  it('are expected to take less time on fewer images', () => {
    const { byKey } = planStudy(with_((s) => (s.training.shots = [8])));
    const seconds = (key: string) => byKey.get(key)!.estimate.seconds;
    expect(seconds('train/knee/others/finetune/1/shots-8')).toBeLessThan(
      seconds('train/knee/others/finetune/1') / 4,
    );
  });

  it('of a linear probe are those of its start, with no stages and nothing that is drawn', () => {
    const study = inputsOf(with_((s) => (s.baselines = { linearProbe: true })));
    const probes = [...study].filter(([key]) => key.includes('/probe/'));
    expect(probes.map(([key]) => key)).toHaveLength(3 * 5);
    for (const [key, input] of probes) {
      const { start } = study.get(key.replace('probe', 'finetune')) as { start: object };
      expect(input).toMatchObject({ strategy: 'probe', stages: [], dropout: 0, augmentation: null, start });
      expect(input).not.toHaveProperty('drift');
    }
    const others = [...study].filter(([key]) => !key.includes('/probe/'));
    expect(new Map(others)).toEqual(inputs);
    expect(inputsOf(with_((s) => (s.baselines = { linearProbe: false })))).toEqual(inputs);
  });

  it('begin two pre-trainings on different images from different draws', () => {
    const study = with_((s) => {
      s.datasets.lines = { ...s.datasets.shapes!, path: '/data/lines.csv' };
      s.sources.lines = { pretrain: 'lines', preprocessing: 'caffe' };
    });
    const both = inputsOf(study);
    expect(both.get('train/lines')).not.toMatchObject({ start: at('train/shapes').start });
  });

  it('say what is done when memory runs out only where something is', () => {
    expect(at('train/shapes')).not.toHaveProperty('onOutOfMemory');
    const study = inputsOf(with_((s) => (s.training.onOutOfMemory = 'accumulate')));
    expect(study.get('train/knee/others/freeze/2')).toMatchObject({ onOutOfMemory: 'accumulate' });
  });

  it('measure drift in every training, or in none', () => {
    expect(at('train/shapes').drift).toBe(32);
    const none = inputsOf(with_((s) => (s.training.drift = 0)));
    for (const [key, input] of none) if (key.startsWith('train/')) expect(input).not.toHaveProperty('drift');
  });

  it('drop nothing out of a random start where the study says so', () => {
    const study = inputsOf(with_((s) => (s.training.randomDropout = false)));
    expect(study.get('train/knee/random/finetune/1')).toMatchObject({ dropout: 0 });
    expect(study.get('train/knee/others/finetune/1')).toMatchObject({ dropout: 0.5 });
  });

  it('never mirror where the target forbids it, and augment nothing where the study does not', () => {
    const unmirrored = inputsOf(with_((s) => (s.targets.knee!.horizontalFlip = false)));
    expect(unmirrored.get('train/knee/others/finetune/1')).toMatchObject({
      augmentation: { horizontalFlip: false },
    });
    const plain = inputsOf(with_((s) => (s.training.augmentation = null)));
    expect(plain.get('train/knee/others/finetune/1')).toMatchObject({ augmentation: null });
  });
});

describe('what must be computed again', () => {
  it.each<[string, (study: Study) => void, string[]]>([
    ['nothing, when the study is renamed', (s) => (s.name = 'other'), []],
    [
      'nothing, when the bootstrap, gain or filters change',
      (s) =>
        Object.assign(s.analysis, {
          resamples: 200,
          gain: 'relative',
          filters: 'blue',
          independence: 'first-squared',
        }),
      [],
    ],
    ['comparisons, when the measure changes', (s) => (s.analysis.measures = ['cka']), ['compare']],
    ['comparisons, when the summary changes', (s) => (s.analysis.summary = 'sum'), ['compare']],
    ['activations, when more points are looked at', (s) => (s.analysis.points = 500), ['extract', 'compare']],
    ['activations, when the sampling seed changes', (s) => (s.seeds.sampling = 7), ['extract', 'compare']],
    [
      'trainings, when the order of images changes',
      (s) => (s.seeds.training = 7),
      ['train', 'extract', 'compare'],
    ],
    ['trainings, when dropout changes', (s) => (s.training.dropout = 0.1), ['train', 'extract', 'compare']],
    [
      'everything, when the held-out images change',
      (s) => (s.evaluation.holdout = 'shared'),
      ['ingest', 'train', 'extract', 'compare'],
    ],
  ])('%s', (_, change, kinds) => {
    expect(kindsOf(changed(small, with_(change)))).toEqual(kinds);
  });

  it('nothing, when a file of weights is asked for by its name', () => {
    const brings = { weights: '/data/others.safetensors', preprocessing: 'caffe', licence: 'MIT' } as const;
    const study = parseStudyFile(smallText.replace('weights: others.safetensors', 'registered: mine'), {
      ...{ file: 'study.yaml', baseDir: '/data' },
      weights: [{ name: 'mine', architecture: 'resnet50', brings }],
    });
    expect(study.sources.others).toEqual({ registered: 'mine', ...brings });
    expect(changed(small, study)).toEqual([]);
  });

  it('only the pre-trained source and what starts from it, when its training changes', () => {
    const keys = changed(
      small,
      with_((s) => (s.training.pretrain.maxEpochs = 3)),
    );
    expect(keys).toContain('train/shapes');
    expect(keys.every((key) => key.includes('shapes'))).toBe(true);
  });

  it('only the frozen trainings, when the head stage changes', () => {
    const keys = changed(
      small,
      with_((s) => (s.training.head.patience = 9)),
    );
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.every((key) => key.includes('freeze') || key.includes('between-strategies'))).toBe(true);
  });

  it('nothing for a source that is renamed: its name is in no input', () => {
    const renamed = with_((s) => {
      s.sources.theirs = s.sources.others!;
      delete s.sources.others;
    });
    const before = new Set([...inputsOf(small).values()].map((input) => JSON.stringify(input)));
    const after = [...inputsOf(renamed).values()].map((input) => JSON.stringify(input));
    // The pairs between sources keep their order, so only the order of their two networks may differ.
    expect(after.filter((input) => !before.has(input) && !input.includes('"a":'))).toEqual([]);
  });

  it('files are looked at anew when the study is submitted again', () => {
    const inputs = inputsOf(small, 1);
    expect(inputs.get('ingest/knee')).toMatchObject({ look: 1 });
    expect(inputs.get('import/others')).toMatchObject({ look: 1 });
  });
});
