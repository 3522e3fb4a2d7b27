import { describe, expect, it } from 'vitest';
import { hundredfold, hundredfoldSd } from '../numbers.js';
import { analyse } from '../findings/findings.js';
import { aStudy } from '../spec-support/made.js';
import { viewOf } from '../spec-support/views.js';
import { aucSummaries } from '../statistics/auc.js';
import { aucColumns, aucFoldsTable, aucRows, aucSeedsTable, aucTable } from './auc.js';
import { aucLatex } from './auc-latex.js';
import { curvesByLayerTable, curvesTable, foldsTable } from './data.js';
import { provenance, provenanceTable } from './provenance.js';
import { toCsv } from './table.js';
import { tablesOf } from './tables.js';

describe('rounding of AUC', () => {
  it('is to one decimal, deviations twice under the paper’s protocols', () => {
    expect(hundredfold(0.8824979)).toBe('88.2');
    expect(hundredfoldSd(0.00648301761930537, 'paper-code')).toBe('0.7');
    expect(hundredfoldSd(0.00648301761930537, 'audited')).toBe('0.6');
    expect(hundredfoldSd(0.08849484676096417, 'paper')).toBe('8.9');
    expect(hundredfoldSd(0.220957, 'paper')).toBe('22.1');
  });
});

describe('the table of AUC', () => {
  const auc = ({ source, strategy, fold }: { source: string; strategy: string; fold: number }) =>
    (({ natural: 0.9, radiology: 0.8, random: 0.6 })[source] ?? 0) +
    (strategy === 'freeze' && source === 'radiology' ? 0.15 : 0) +
    fold / 100;

  it('marks the highest mean of a row and leaves empty what was not trained', async () => {
    const view = await viewOf({ study: aStudy(['one', 'two'], { strategies: ['finetune', 'freeze'] }), auc });
    view.arms = view.arms.filter(({ target, source }) => !(target === 'two' && source === 'radiology'));
    const [one, two] = aucRows(view, aucSummaries(view));
    expect(one?.best?.arm).toMatchObject({ source: 'radiology', strategy: 'freeze' });
    expect(two?.cells.map((cell) => cell?.arm.source)).toEqual([
      'natural',
      'natural',
      undefined,
      undefined,
      'random',
    ]);
  });

  it('is LaTeX with the same numbers', async () => {
    const view = await viewOf({ study: aStudy(['one'], { strategies: ['finetune', 'freeze'] }), auc });
    const latex = aucLatex(view, aucSummaries(view));
    expect(latex).toContain(
      'Target & \\multicolumn{2}{c}{natural} & \\multicolumn{2}{c}{radiology} & \\multicolumn{1}{c}{random} \\\\',
    );
    expect(latex).toContain(
      'one & $93.0 \\pm 1.6$ & $93.0 \\pm 1.6$ & $83.0 \\pm 1.6$ & $\\mathbf{98.0 \\pm 1.6}$ & $63.0 \\pm 1.6$ \\\\',
    );
  });
});

describe('tables of a study with several seeds', () => {
  it('hold the spread over seeds and every training', async () => {
    const plain = aStudy(['one']);
    const study = { ...plain, training: { ...plain.training, seeds: 2 } };
    const view = await viewOf({ study, auc: ({ fold, seed = 0 }) => 0.6 + fold / 100 + seed / 10 });
    const table = aucTable(view, aucSummaries(view));
    expect(table.columns.at(-1)).toBe('sd_of_seeds');
    expect(table.rows[0]?.at(-1)).toBeCloseTo(0.1 / Math.sqrt(2), 12);
    const { rows } = aucSeedsTable(view);
    expect(rows).toHaveLength(3 * 5 * 2);
    expect(rows.slice(0, 3).map((row) => row.slice(3, 6))).toEqual([
      [1, 0, 0.61],
      [1, 1, expect.closeTo(0.71, 12)],
      [2, 0, 0.62],
    ]);
    expect(new Set(rows.map((row) => row.at(-1))).size).toBe(rows.length);
    const { rows: provided } = provenanceTable(provenance(view));
    expect(provided.map(([, part]) => part)).toContain('fold 1, seed 1, checkpoint');
  });

  it('are no others where each network is trained once', async () => {
    const view = await viewOf({ study: aStudy(['one']) });
    expect(aucTable(view, aucSummaries(view)).columns.at(-1)).toBe('sd');
    expect(tablesOf(view, analyse(view)).map(({ name }) => name)).not.toContain('auc-seeds');
  });
});

describe('tables of a study with linear probes', () => {
  const study = aStudy(['one'], { strategies: ['finetune', 'freeze'], baselines: { linearProbe: true } });
  const auc = ({ source, strategy }: { source: string; strategy: string }) =>
    strategy === 'probe' ? (source === 'natural' ? 0.95 : 0.7) : 0.8;

  it('have a column for each source, whose mean may be the highest of a target', async () => {
    const view = await viewOf({ study, auc });
    expect(aucColumns(view).map(({ source, strategy }) => `${source} ${strategy}`)).toEqual([
      ...['natural finetune', 'natural freeze', 'natural probe'],
      ...['radiology finetune', 'radiology freeze', 'radiology probe'],
      ...['random finetune', 'random probe'],
    ]);
    const [row] = aucRows(view, aucSummaries(view));
    expect(row?.best?.arm).toMatchObject({ source: 'natural', strategy: 'probe' });
    expect(aucLatex(view, aucSummaries(view))).toContain('& linear probe & all weights & linear probe \\\\');
    const { rows } = provenanceTable(provenance(view));
    expect(rows.map(([about]) => about)).toContain('one: random, linear probe');
    expect(aucFoldsTable(view).rows.filter((line) => line[2] === 'probe')).toHaveLength(3 * 5);
  });

  it('compare trained networks alone', async () => {
    const view = await viewOf({ study, auc });
    const without = await viewOf({ study: { ...study, baselines: { linearProbe: false } }, auc });
    expect(analyse(view).differences).toEqual(analyse(without).differences);
    expect(view.arms).toEqual(without.arms);
    expect(without.probes).toEqual([]);
  });
});

describe('tables as CSV', () => {
  it('quote what must be quoted and keep numbers whole', () => {
    expect(
      toCsv({
        name: 't',
        columns: ['a', 'b'],
        rows: [
          ['x, "y"', 1 / 3],
          [null, 2],
        ],
      }),
    ).toBe('a,b\n"x, ""y""",0.3333333333333333\n,2\n');
  });

  it('count images and patients of each fold', async () => {
    const view = await viewOf({
      study: aStudy(['one'], { datasets: {}, sources: { random: { random: true } } }),
    });
    const { rows } = foldsTable(view);
    expect(rows[0]).toEqual(['one', 1, 'test', 'benign', 4, 4]);
    expect(rows.reduce((sum, row) => sum + Number(row[4]), 0)).toBe(120);
  });

  it('mark the epoch that was kept, one a training', async () => {
    const view = await viewOf({ study: aStudy(['one']) });
    const kept = curvesTable(view).rows.filter((row) => row.at(-1) === 1);
    expect(kept).toHaveLength(2 + 3 * 5);
  });

  it('tell gradient and drift of each stage, in every epoch, where there are any', async () => {
    const view = await viewOf({ study: aStudy(['one']) });
    const [arm] = view.arms;
    const { epoch, gradientNorms, drift } = arm!.folds[0]!.curves.epochs[1]!;
    const { rows } = curvesByLayerTable(view);
    const at = ['one', arm!.source, arm!.strategy, 1, epoch];
    expect(rows).toContainEqual([...at, 'head', gradientNorms['head'], null]);
    expect(rows).toContainEqual([...at, 'conv1_relu', gradientNorms['conv1_relu'], drift!['conv1_relu']]);
    expect(rows).toContainEqual([...at, 'conv2_block3_out', null, drift!['conv2_block3_out']]);
    expect(rows).toHaveLength(3 * curvesTable(view).rows.length);
  });
});
