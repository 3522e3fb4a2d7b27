import type { StudyResults, TrainingAt } from '@palimpsest/contracts';
import type { Store } from '@palimpsest/platform';
import { comparisonsOf } from './comparisons.js';
import { extracted, tree } from './extracted.js';
import { at, foldsOf, sourcesJudgedOn, strategiesOf, type Made } from './made.js';
import { manifestOf, trained } from './trained.js';

/** Puts all artifacts of a made-up study into a store. */
export async function resultsOf(of: Made, store: Store): Promise<StudyResults> {
  const { study } = of;
  const targets = Object.keys(study.targets);
  return {
    studyId: 'study-1',
    study,
    datasets: await Promise.all(
      [...targets, ...Object.keys(study.datasets)].map((name) => dataset(of, store, name)),
    ),
    imports: await imports(of, store),
    pretrainings: await pretrainings(of, store),
    trainings: (await Promise.all(targets.map((target) => trainings(of, store, target)))).flat(),
    extractions: (await Promise.all(targets.map((target) => extractions(of, store, target)))).flat(),
    comparisons: targets.flatMap((target) => comparisonsOf(of, target)),
  };
}

async function dataset(of: Made, store: Store, name: string): Promise<StudyResults['datasets'][number]> {
  const content = manifestOf(of, name);
  const manifest = await store.putJson('manifests', content);
  const pixels = await tree(store, name);
  const output = { manifest, pixels, images: content.images.length, classes: of.classes, patients: 40 };
  return { name, version: 1, output };
}

function imports({ study }: Made, store: Store): Promise<StudyResults['imports']> {
  const files = Object.entries(study.sources).filter(([, settings]) => 'weights' in settings);
  return Promise.all(
    files.map(async ([source]) => ({
      ...{ source, version: 1 },
      output: {
        weights: await store.put('weights', new TextEncoder().encode(source), '.safetensors'),
        tensors: 2,
      },
    })),
  );
}

function pretrainings(of: Made, store: Store): Promise<StudyResults['pretrainings']> {
  const trainedHere = Object.entries(of.study.sources).flatMap(([source, settings]) =>
    'pretrain' in settings ? [{ source, target: settings.pretrain }] : [],
  );
  return Promise.all(
    trainedHere.map(async ({ source, target }) => {
      const arm = { target, source, strategy: 'finetune' as const, fold: 1 };
      return {
        source,
        ...at(`pretrain ${source}`),
        output: await trained(of, store, arm, manifestOf(of, target)),
      };
    }),
  );
}

const armsOf = ({ study }: Made, target: string) =>
  sourcesJudgedOn(study, target).flatMap((source) =>
    strategiesOf(study, source).map((strategy) => ({ source, strategy })),
  );

/** Every training of a target, with every seed, the smaller training sets, and the linear probes. */
function trainedArms(of: Made, target: string): TrainingAt[] {
  const { training, baselines } = of.study;
  const all = armsOf(of, target);
  const smaller = (training.shots ?? []).flatMap((shots) =>
    all.filter(({ strategy }) => strategy === 'finetune').map((arm) => ({ ...arm, shots })),
  );
  const seeds = Array.from({ length: training.seeds ?? 1 }, (_, seed) => (seed > 0 ? { seed } : {}));
  const probed = baselines?.linearProbe ? sourcesJudgedOn(of.study, target) : [];
  return foldsOf(of.study).flatMap((fold) => [
    ...[...all, ...smaller].flatMap((arm) => seeds.map((seed) => ({ target, ...arm, fold, ...seed }))),
    ...probed.map((source) => ({ target, source, strategy: 'probe' as const, fold })),
  ]);
}

function trainings(of: Made, store: Store, target: string): Promise<StudyResults['trainings']> {
  const manifest = manifestOf(of, target);
  const arms = trainedArms(of, target);
  return Promise.all(
    arms.map(async (arm) => ({
      ...arm,
      ...at(`train ${Object.values(arm).join(' ')}`),
      output: await trained(of, store, arm, manifest),
    })),
  );
}

function extractions(of: Made, store: Store, target: string): Promise<StudyResults['extractions']> {
  const sources = sourcesJudgedOn(of.study, target).map((source) => ({ source, strategy: null }));
  return Promise.all(
    [...sources, ...armsOf(of, target)].map((network) =>
      extracted(store, target, { ...network, draw: 'first' }, network.strategy === null ? null : 1),
    ),
  );
}
