import {
  onnxOnProcessors,
  plainLinearAlgebra,
  treeListingSchema,
  type StudyResults,
} from '@palimpsest/contracts';
import { MemoryStore, Store, type TaskContext } from '@palimpsest/platform';
import { beforeAll, describe, expect, it } from 'vitest';
import { report } from './report.task.js';
import { aStudy, hex, made, type Made } from './spec-support/made.js';
import { resultsOf } from './spec-support/results.js';

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** Runs the task as a service would, and reads back what it wrote. */
async function reportOf(of: Made, change: (results: StudyResults) => void = () => undefined) {
  const store = new Store(new MemoryStore());
  const results = await resultsOf(of, store);
  change(results);
  const input = { results: await store.putJson('results', results) };
  const context: TaskContext = {
    taskId: 'task',
    store,
    threads: 1,
    engine: onnxOnProcessors,
    linearAlgebra: plainLinearAlgebra,
    signal: new AbortController().signal,
    progress: () => undefined,
    loadState: () => Promise.resolve(undefined),
    outOfMemory: () => Promise.resolve(0),
    saveState: () => Promise.resolve(),
  };
  const output = await report.run(input, context);
  const listing = await store.getJson(output.files.listing, treeListingSchema);
  const tree = await store.openTree(output.files);
  const read = async (path: string) => text(await tree.read(path));
  return {
    html: text(await store.get(output.html)),
    paths: Object.keys(listing.files).sort(),
    hashes: listing.files,
    read,
  };
}

/** Names of elements that are opened and not closed, or closed and not opened. */
function unbalanced(html: string): string[] {
  const empty = new Set(['meta', 'colgroup', 'path', 'rect', 'line', 'image', 'circle']);
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, close, name = '', self] of html
    .replace(/<!doctype html>/, '')
    .matchAll(/<(\/?)([a-z][a-z0-9]*)(?:"[^"]*"|[^>"])*?(\/?)>/gi)) {
    if (close) {
      const last = open.pop();
      if (last !== name && !empty.has(name)) wrong.push(`${last ?? 'nothing'} closed by ${name}`);
      else if (last !== name && last !== undefined) open.push(last);
    } else if (!self && !empty.has(name)) open.push(name);
  }
  return [...wrong, ...open];
}

describe('the report of two targets, two pretrained sources and a random one', () => {
  const of = made({
    study: aStudy(['breast', 'chest'], { strategies: ['finetune', 'freeze'] }),
    classes: ['benign', '<script>alert("x")</script>'],
    audit: {
      merged: [{ found: 'normal & <b>', used: 'benign', images: 133 }],
      excluded: [{ path: 'a/<img src=x>.png', reason: 'no label' }],
      duplicates: [['images/1.png', 'images/50.png']],
    },
  });
  let first: Awaited<ReturnType<typeof reportOf>>;
  beforeAll(async () => (first = await reportOf(of)));

  it('is the same to the byte when made again, whatever the study’s id', async () => {
    const second = await reportOf(of, (results) => {
      results.studyId = 'another';
    });
    expect(second.html).toBe(first.html);
    expect(second.hashes).toEqual(
      Object.fromEntries(
        Object.entries(first.hashes).map(([path, ref]) => [
          path,
          { ...ref, key: expect.any(String) as string },
        ]),
      ),
    );
  });

  it('needs nothing but itself: no script, no address, no file', () => {
    expect(first.html).not.toMatch(/https?:/);
    expect(first.html).not.toMatch(/<script|<link|<iframe|@import|url\((?!#)/i);
    expect(
      [...first.html.matchAll(/(?:src|href)="([^"]*)"/g)].filter(
        ([, to]) => !/^(#|data:image\/png;base64,)/.test(to ?? ''),
      ),
    ).toEqual([]);
  });

  it('is well formed, and every link leads to an id that is there once', () => {
    expect(unbalanced(first.html)).toEqual([]);
    const ids = [...first.html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...first.html.matchAll(/(?:href="#|url\(#)([^")]*)/g)].map(([, id]) => id);
    expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('escapes what a dataset calls its labels and files', () => {
    expect(first.html).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    expect(first.html).toContain('normal &amp; &lt;b&gt;');
    expect(first.html).toContain('a/&lt;img src=x&gt;.png');
  });

  it('says in its first lines that the images were made by a program', () => {
    expect(first.html.indexOf('made by a program and show no patient')).toBeGreaterThan(0);
    expect(first.html.indexOf('made by a program and show no patient')).toBeLessThan(
      first.html.indexOf('<h1>'),
    );
  });

  it('names neither patients nor the folders that the files lie in', async () => {
    const all = await Promise.all(first.paths.filter((path) => !path.endsWith('.svg')).map(first.read));
    for (const file of all) expect(file).not.toMatch(/patient-\d|somebody/);
  });

  it('gives away every figure as a drawing and a specification, every table, the findings and the study', () => {
    expect(first.paths).toEqual([
      'figures/auc-differences.svg',
      'figures/auc-differences.vl.json',
      'figures/drift-breast.svg',
      'figures/drift-breast.vl.json',
      'figures/drift-chest.svg',
      'figures/drift-chest.vl.json',
      'figures/filters-natural.svg',
      'figures/filters-radiology.svg',
      'figures/filters-random.svg',
      'figures/gain-against-similarity.svg',
      'figures/gain-against-similarity.vl.json',
      'figures/learning-curves-breast.svg',
      'figures/learning-curves-breast.vl.json',
      'figures/learning-curves-chest.svg',
      'figures/learning-curves-chest.vl.json',
      'figures/learning-curves-of-sources.svg',
      'figures/learning-curves-of-sources.vl.json',
      'figures/prediction-similarity.svg',
      'figures/prediction-similarity.vl.json',
      'figures/similarity-by-layer.svg',
      'figures/similarity-by-layer.vl.json',
      'findings.md',
      'report.html',
      'study.json',
      ...[
        'auc-differences.csv',
        'auc-folds.csv',
        'auc.csv',
        'auc.tex',
        'curves-by-layer.csv',
        'curves.csv',
        'folds.csv',
        'gain.csv',
      ].map((name) => `tables/${name}`),
      ...['prediction-similarity.csv', 'provenance.csv', 'similarity-layers.csv', 'slopes.csv'].map(
        (name) => `tables/${name}`,
      ),
    ]);
  });

  it('has no colour in its figures that the night does not know', () => {
    const drawn = first.html.slice(first.html.indexOf('<main>'));
    expect(drawn.match(/(?:fill|stroke)="(#[0-9a-f]+|black|white)"/i)).toBeNull();
  });
});

describe('a report of trainings for which memory did not suffice', () => {
  it('says how many, and nothing where there are none', async () => {
    const of = made({ study: aStudy(['breast']) });
    const words = /Memory ran out in (\d+) of (\d+) trainings/;
    expect((await reportOf(of)).html).not.toMatch(words);
    const { html } = await reportOf({ ...of, batchSize: ({ fold }) => (fold === 2 ? 16 : undefined) });
    expect(words.exec(html)?.slice(1)).toEqual(['3', '17']);
  });
});

describe('a report of several seeds', () => {
  it('says so, counts every training, and sets their spread beside that of the folds', async () => {
    const study = aStudy(['breast']);
    const of = made({
      study: { ...study, training: { ...study.training, seeds: 3 } },
      auc: ({ fold, seed = 0 }) => 0.6 + fold / 100 + seed / 10,
    });
    const { html, paths, read } = await reportOf(of);
    expect(unbalanced(html)).toEqual([]);
    expect(html).toContain('<td class="n">73.00</td><td class="n">1.58</td><td class="n">10.00</td>');
    expect(html).toContain('45 trained networks');
    expect(paths).toContain('tables/auc-seeds.csv');
    expect(await read('findings.md')).toContain('each network was trained 3 times in each fold');
  });
});

it('traces the comparisons that another linear algebra than the plain one computed', async () => {
  const { read } = await reportOf(made({ study: aStudy(['breast']) }), ({ comparisons }) => {
    const [first] = comparisons;
    if (first) first.output.linearAlgebra = 'OpenBLAS 0.3.21 (Haswell)';
  });
  const traced = (await read('tables/provenance.csv')).split('\n').filter((line) => line.includes('compare'));
  expect(traced.length).toBeGreaterThan(1);
  expect(traced.filter((line) => line.includes('; by OpenBLAS 0.3.21 (Haswell)'))).toHaveLength(1);
});

describe('a report of smaller training sets', () => {
  it('draws AUC against their size and traces every training', async () => {
    const study = aStudy(['breast', 'chest']);
    const of = made({
      study: { ...study, training: { ...study.training, shots: [8] } },
      auc: ({ fold, shots }) => 0.95 + fold / 100 - (shots === undefined ? 0 : 0.2),
    });
    const { html, read } = await reportOf(of);
    expect(unbalanced(html)).toEqual([]);
    expect(html).toContain('id="figure-auc-by-training-images"');
    expect(html).toContain('60 trained networks');
    expect(html).toContain('8 images of each class');
    expect(html).toContain('<h3>With fewer training images</h3>');
    expect(await read('findings.md')).toMatch(
      /## With fewer training images\n\n- breast, 8 images of each class: /,
    );
    expect(html).not.toContain('linear probe');
    const figure = JSON.parse(await read('figures/auc-by-training-images.vl.json')) as {
      data: { values: { images: number; high: number }[] };
    };
    expect(figure.data.values.map(({ images }) => images)).toEqual([
      16, 96, 16, 96, 16, 96, 16, 96, 16, 96, 16, 96,
    ]);
    expect(Math.max(...figure.data.values.map(({ high }) => high))).toBe(1);
    expect(await read('tables/provenance.csv')).toContain(
      '"breast: natural, fine-tuned, 8 images of each class","fold 1, checkpoint"',
    );
  });
});

describe('a report of a source that is not judged on every target', () => {
  const study = aStudy(['one', 'two'], {
    sources: { second: { pretrain: 'two', preprocessing: 'caffe' }, random: { random: true } },
  });

  it('counts the targets that have points, and no others', async () => {
    const { html, read } = await reportOf(made({ study }));
    expect(html).toContain(
      'The points of a source come from one target. Folds of a target resemble each other, so these are one observation of how gain goes with similarity, not 5',
    );
    const figure = JSON.parse(await read('figures/gain-against-similarity.vl.json')) as object;
    expect(JSON.stringify(figure)).toContain('"scale":{"domain":["one"]},"legend":null');
    expect(await read('findings.md')).toContain(
      '2 targets cannot stand for all of medical imaging; statements over targets rest on 1 unit, however',
    );
  });

  it('says so where sources differ in that', async () => {
    const { natural, random } = aStudy([]).sources;
    const sources = { ...study.sources, natural, random } as typeof study.sources;
    const { html, read } = await reportOf(made({ study: { ...study, sources } }));
    expect(html).toContain('come from at most two targets');
    expect(html).toContain('at most two observations of how gain goes with similarity, not 10');
    expect(await read('findings.md')).toContain('rest on 1 to 2 units');
  });

  it('draws no interval over targets that no source has', async () => {
    const three = aStudy(['one', 'two', 'three'], { sources: study.sources });
    const { html } = await reportOf(made({ study: three }));
    expect(html).not.toContain('Dashed');
    expect(html).toContain('come from two targets');
  });
});

describe('a report of networks that were frozen in part', () => {
  const study = aStudy(['breast'], { strategies: ['finetune', 'freeze'] });
  const finetune = { ...study.training.finetune, frozenStages: 2 };

  it('says of none but the random ones that all their weights were trained', async () => {
    const training = { ...study.training, finetune, shots: [8] };
    const { html, read } = await reportOf(made({ study: { ...study, training } }));
    expect(html).toContain(
      'all weights that are not frozen are trained at once (frozen to the end of stage 2 of 5, but for random starts)',
    );
    expect(html).toContain('Networks whose unfrozen weights were all trained at once.');
    expect(html).toContain('of networks whose unfrozen weights were all trained at once');
    const whole = html.match(/(\w+, )?(all weights(?! that are not frozen)|whose weights were all)/g);
    expect([...new Set(whole)].sort()).toEqual(['after, all weights', 'random, all weights']);
    expect(await read('figures/filters-random.svg')).toContain('after, all weights');
    for (const figure of ['filters-natural.svg', 'similarity-by-layer.vl.json'])
      expect(await read(`figures/${figure}`)).not.toContain('all weights');
    expect(html).toContain(
      'Figure 6. Frozen layers are the same before and after and are not counted: conv1 and conv2.',
    );
  });
});

describe('a report with parts missing', () => {
  it('keeps the values of the folds that are there under their numbers', async () => {
    const of = made({ study: aStudy(['breast']), auc: ({ fold }) => fold / 10 });
    const { html } = await reportOf(of, (results) => {
      results.trainings = results.trainings.filter(({ fold }) => fold !== 2);
    });
    expect(html).toContain('<td class="n">10.00</td><td class="n">–</td><td class="n">30.00</td>');
  });

  it('says why there is no gain without a random start', async () => {
    const study = aStudy(['breast'], {
      sources: {
        natural: { weights: '/x/n.safetensors', preprocessing: 'torch' },
        radiology: { weights: '/x/r.safetensors', preprocessing: 'caffe' },
      },
    });
    const { html, paths } = await reportOf(made({ study }));
    expect(html).toContain('The study has no random start, so there is no gain over one.');
    expect(paths).not.toContain('figures/gain-against-similarity.svg');
    expect(html).toContain('One target says nothing of others');
  });

  it('names registered weights with their licence and citation, and not where they lie', async () => {
    const study = aStudy(['breast'], {
      sources: {
        natural: {
          registered: 'imagenet-resnet50',
          ...{ weights: '/x/abc.h5', preprocessing: 'caffe', licence: 'MIT', citation: 'He & Sun 2016' },
        },
        own: { registered: 'mine', weights: '/x/def.h5', preprocessing: 'caffe' },
      },
    });
    const { html, read } = await reportOf(made({ study }));
    expect(html).toContain(
      'imagenet-resnet50; licence: MIT; He &amp; Sun 2016; weights of <code>abc.h5</code>',
    );
    expect(html).toContain('mine; weights of <code>def.h5</code>');
    expect(html).not.toContain('/x/');
    expect(html).toMatch(
      new RegExp(`"from-source-own">.*source: own, weights of a file.*<td>import</td>.*"${hex('own')}"`, 's'),
    );
    expect(JSON.parse(await read('study.json'))).toMatchObject({
      sources: { natural: { registered: 'imagenet-resnet50', weights: 'abc.h5' } },
    });
  });

  it('says why nothing is told of reuse where no networks were compared', async () => {
    const study = aStudy(['breast']);
    const { html, read } = await reportOf(
      made({ study: { ...study, analysis: { ...study.analysis, pairs: [] } } }),
    );
    expect(html).toContain('No networks were compared: `analysis.pairs` of the study is empty');
    expect(await read('tables/similarity-layers.csv')).toMatch(/^target,.*\n$/);
  });

  it('stands with one source, many classes, folds without AUC and a sum of correlations', async () => {
    const study = aStudy(['skin'], {
      sources: { random: { random: true } },
      strategies: ['freeze'],
      synthetic: false,
    });
    const of = made({
      study: { ...study, analysis: { ...study.analysis, summary: 'sum' } },
      classes: ['a', 'b', 'c', 'd'],
      auc: ({ fold }) => (fold > 2 ? null : 0.7),
      similarity: () => 12,
    });
    const { html, read } = await reportOf(of);
    expect(html).toContain('There is no other start to compare it with.');
    expect(await read('tables/auc.csv')).toBe(
      'target,source,strategy,folds,mean,sd\nskin,random,finetune,2,0.7,0\n',
    );
    expect(html).not.toContain('made by a program');
  });
});
