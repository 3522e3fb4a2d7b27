import { describe, expect, it } from 'vitest';
import { aStudy, type Made } from '../spec-support/made.js';
import { viewOf } from '../spec-support/views.js';
import { analyse, findingsOf } from './findings.js';

const wobble = [0, 0.004, -0.004, 0.002, -0.002];
const aucs =
  (means: Record<string, number>): Made['auc'] =>
  ({ source, fold }) =>
    (means[source] ?? 0.5) + (wobble[(fold * (source.length + 1)) % 5] ?? 0);

/** Sentences with plain spaces. */
async function told(overrides: Parameters<typeof viewOf>[0]) {
  const view = await viewOf(overrides);
  const plain = <T>(value: T) => JSON.parse(JSON.stringify(value).replace(/\u00a0/g, ' ')) as T;
  return plain(findingsOf(view, analyse(view)));
}

describe('which start wins', () => {
  it('names a clear winner of a target and, from three targets on, of all', async () => {
    const { auc, short } = await told({
      study: aStudy(['one', 'two', 'three']),
      auc: aucs({ natural: 0.95, radiology: 0.8, random: 0.6 }),
    });
    expect(auc[0]?.about).toBe('one');
    expect(auc[0]?.text).toMatch(
      /^natural 95\.0 ± 0\.3, radiology 80\.0 ± 0\.0: 15\.0 points apart, 95 % interval .* natural wins\.$/,
    );
    expect(short[0]).toMatch(
      /^Over 3 targets, natural is ahead of radiology on 3 of 3 .* natural is the overall winner/,
    );
  });

  it('calls a tie a tie', async () => {
    const gap: Record<string, number> = { one: 0.01, two: -0.01, three: 0.03 };
    const noise = [0.1, -0.1, 0.08, -0.07, 0.01];
    const noisy: Made['auc'] = ({ target, source, fold }) =>
      0.8 + (source === 'natural' ? (gap[target] ?? 0) + (noise[fold - 1] ?? 0) : 0);
    const { auc } = await told({ study: aStudy(['one', 'two', 'three']), auc: noisy });
    expect(auc[0]?.text).toContain('The interval holds 0: these folds do not tell the two apart.');
    expect(auc.at(-1)?.text).toMatch(/no overall winner/);
  });

  it('names no overall winner after one target', async () => {
    const { auc, short } = await told({
      study: aStudy(['one']),
      auc: aucs({ natural: 0.95, radiology: 0.8, random: 0.6 }),
    });
    expect(auc[0]?.text).toContain('natural wins.');
    expect(short[0]).toBe(
      'On its one target, natural is ahead of radiology on 1 of 1 (mean +15.0 points) and of random on 1 of 1 (mean +35.0 points). One target says nothing of others, so no overall winner can be named.',
    );
  });

  it('says of no difference at once that it is nothing and that it is something', async () => {
    const { auc, short } = await told({
      study: aStudy(['one', 'two', 'three']),
      auc: aucs({ natural: 0.8002, radiology: 0.8, random: 0.6 }),
    });
    expect(auc[0]?.text).toContain(': less than 0.1 points apart, ');
    expect(short[0]).toContain('natural is ahead of radiology on 3 of 3 (mean between 0 and +0.1 points, ');
  });

  it('tells both strategies apart', async () => {
    const { auc } = await told({ study: aStudy(['one'], { strategies: ['freeze', 'finetune'] }) });
    expect(auc.map(({ about }) => about)).toEqual([
      'one, all weights',
      'all targets, all weights',
      'one, head first',
      'all targets, head first',
    ]);
  });
});

describe('a study that freezes a part of the network', () => {
  const { training, sources } = aStudy([]);
  const frozen = (part: object, overrides = {}) =>
    told({
      study: aStudy(['one'], {
        training: { ...training, finetune: { ...training.finetune, ...part } },
        ...overrides,
      }),
    });

  it('says that the random start was trained whole', async () => {
    const { auc, short } = await frozen({ frozenStages: 2 });
    const text =
      'random was trained whole, natural and radiology in part (frozen to the end of stage 2 of 5): what tells them apart is the start and the freezing together.';
    expect(auc.at(-1)).toEqual({ about: 'not trained alike', text });
    expect(short[1]).toBe(text);
    const alike = await frozen({ frozenStages: 2 }, { sources: { natural: sources['natural'] } });
    expect(JSON.stringify(alike)).not.toContain('trained whole');
  });

  it('does not count frozen layers as reused, nor as less alike', async () => {
    const { reuse, short, gain } = await frozen({ frozenStages: 2 });
    const left = 'Frozen layers are the same before and after and are not counted: conv1 and conv2.';
    expect(reuse.map(({ about }) => about)).toEqual(['one', 'left out']);
    expect(reuse[0]?.text).toMatch(/^natural 0\.\d\d in conv3, .* became .* (every layer|of 3 layers)\.$/);
    expect(reuse[1]?.text).toBe(left);
    expect(short.join(' ')).toMatch(/natural in \d of 3 layers and radiology in \d of 3 layers, counted/);
    expect(short).toContain(left);
    expect(gain[0]?.text).toContain('of 3 layers');
  });

  it.each([
    [{ topLayers: 1 }, []],
    [{ topLayers: 2 }, ['conv5']],
    [{ frozenStages: 5 }, []],
  ])('knows which layers learn with %o', async (part, learning) => {
    const { reuse } = await frozen(part);
    const text = reuse.map((finding) => finding.text).join(' ');
    expect(
      ['conv1', 'conv2', 'conv3', 'conv4', 'conv5'].filter((layer) => text.includes(`in ${layer}`)),
    ).toEqual(learning);
  });
});

describe('which start wins on few images', () => {
  const study = aStudy(['one']);
  const shots = { ...study, training: { ...study.training, shots: [8, 32] } };

  it('is told for each size by itself, with its interval', async () => {
    const level: Record<string, number> = { natural: 0.9, radiology: 0.7, random: 0.5 };
    const { sizes } = await told({
      study: shots,
      auc: (at) => aucs(at.shots === 8 ? level : { natural: 0.9, radiology: 0.9, random: 0.5 })(at),
    });
    expect(sizes.map(({ about }) => about)).toEqual([
      'one, 8 images of each class',
      'one, 32 images of each class',
    ]);
    expect(sizes[0]?.text).toMatch(
      /^natural 90\.0 ± 0\.3, radiology 70\.0 ± 0\.0: 20\.0 points apart, 95 % interval .* natural wins\.$/,
    );
    expect(sizes[1]?.text).toContain('The interval holds 0');
  });

  it('is not spoken of where the study trains on all images only', async () => {
    expect((await told({ study })).sizes).toEqual([]);
  });
});

describe('what training adds to a linear probe', () => {
  const study = { ...aStudy(['one', 'two']), baselines: { linearProbe: true } };
  const probed =
    (gain: Record<string, number>): Made['auc'] =>
    ({ source, strategy, fold }) =>
      0.7 + (strategy === 'probe' ? 0 : (gain[source] ?? 0) + (wobble[fold - 1] ?? 0));

  it('is told of each start, whichever of the two is ahead', async () => {
    const { probes } = await told({ study, auc: probed({ natural: 0.1, radiology: -0.1, random: 0 }) });
    expect(probes.map(({ about }) => about)).toEqual(['one', 'one', 'one', 'two', 'two', 'two']);
    const [natural, radiology, random] = probes.map(({ text }) => text);
    expect(natural).toMatch(
      /^natural, fine-tuned, minus its linear probe: \+10\.0 points, 95 % interval 9\.\d to 10\.\d, p .* after Holm\. The trained network wins\.$/,
    );
    expect(radiology).toMatch(/^radiology, .* −10\.0 points.*The linear probe wins\.$/);
    expect(random).toContain('The interval holds 0: these folds do not tell the two apart.');
  });

  it('keeps its sign however small it is', async () => {
    const steady: Made['auc'] = ({ strategy, source }) =>
      0.7 + (strategy === 'probe' ? 0 : ({ natural: 0.0004, radiology: -0.0004 }[source] ?? 0));
    const { probes } = await told({ study, auc: steady });
    expect(probes[0]?.text).toMatch(/: between 0 and \+0\.1 points, .* The trained network wins\.$/);
    expect(probes[1]?.text).toMatch(/: between −0\.1 and 0 points, .* The linear probe wins\.$/);
    expect(probes[2]?.text).toContain(': 0.0 points, ');
  });

  it('is not spoken of without one', async () => {
    expect((await told({ study: aStudy(['one']) })).probes).toEqual([]);
  });
});

describe('what was reused', () => {
  it('is told against two random draws, layer by layer, and without a random source against chance', async () => {
    const similarity: Made['similarity'] = ({ pair, layer }) =>
      ({
        'start-finetuned': 0.9 - layer / 5,
        'random-random': 0.5,
        'between-starts': 0.4,
        'between-finetuned': 0.3,
      })[pair as string] ?? 0.2;
    const with3 = await told({ study: aStudy(['one']), similarity });
    expect(with3.reuse[0]?.text).toBe(
      'natural 0.90 in conv1, 0.10 in conv5: above two random draws in conv1 and conv2 only. radiology 0.90 in conv1, 0.10 in conv5: above two random draws in conv1 and conv2 only. natural and radiology became less alike in every layer.',
    );
    const sources = Object.fromEntries(
      Object.entries(aStudy([]).sources).filter(([name]) => name !== 'random'),
    );
    const with2 = await told({ study: aStudy(['one'], { sources }), similarity });
    expect(with2.reuse[0]?.text).toMatch(
      /^natural 0\.90 in conv1, 0\.10 in conv5 \(chance 0\.07 to 0\.07\)\./,
    );
    expect(with2.gain).toEqual([]);
  });
});

describe('what cannot be concluded', () => {
  it('names few targets, few folds, the shared fold, warnings and duplicates across folds', async () => {
    const { limits } = await told({
      study: aStudy(['one', 'two'], { evaluation: { holdout: 'shared' } }),
      audit: {
        duplicates: [
          ['images/0.png', 'images/100.png'],
          ['images/1.png', 'images/2.png'],
        ],
        warnings: ['17 images carry both labels'],
      },
    });
    const said = Object.fromEntries(limits.map(({ about, text }) => [about, text]));
    expect(said['Nothing about medicine']).toContain('made by a program');
    expect(said['Few targets']).toContain('2 targets');
    expect(said['Few folds']).toContain('4 degrees of freedom');
    expect(said['AUC is optimistic']).toContain('also stopped the training');
    expect(said['Duplicates across folds']).toContain('one (1 group) and two (1 group)');
    expect(said['Audit of one, two, photographs and scans']).toBe('17 images carry both labels');
  });
});
