import { inflateSync } from 'node:zlib';
import { crc32 } from './crc32.js';
import { describe, expect, it } from 'vitest';
import { analyse } from '../findings/findings.js';
import { aStudy } from '../spec-support/made.js';
import { viewOf } from '../spec-support/views.js';
import { figuresOf } from './figures.js';
import { encodePng } from './png.js';
import { sourceColour } from './palette.js';

describe('figures', () => {
  it('give a source one colour, and random starts grey', async () => {
    const view = await viewOf({ study: aStudy(['one']) });
    expect(view.sources.map((source) => sourceColour(view, source))).toEqual([
      '#0072b2',
      '#d55e00',
      '#6b7280',
    ]);
  });

  it('hold their data, so that a specification can be used elsewhere', async () => {
    const view = await viewOf({ study: aStudy(['one']) });
    for (const { drawing } of figuresOf(view, analyse(view))) {
      if ('spec' in drawing) expect(JSON.stringify(drawing.spec)).toMatch(/"values":\[\{/);
    }
  });

  it('show the error of similarity over folds', async () => {
    const similarity = ({ fold }: { fold: number | null }) => 0.5 + (fold ?? 3) / 100;
    const view = await viewOf({ study: aStudy(['one']), similarity });
    const figure = figuresOf(view, analyse(view)).find(({ name }) => name === 'similarity-by-layer');
    const row =
      /\{"series":"natural","state":"after, all weights","layer":"conv1","value":([\d.]+),"low":([\d.]+),"high":([\d.]+)\}/.exec(
        JSON.stringify(figure),
      );
    const [value, low, high] = [1, 2, 3].map((i) => Number(row?.[i]));
    expect(value).toBeCloseTo(0.53, 12);
    expect(low).toBeCloseTo(0.53 - Math.sqrt(0.00025), 12);
    expect(high).toBeCloseTo(0.53 + Math.sqrt(0.00025), 12);
  });
});

describe('the figure of drift', () => {
  it('shows the mean of the folds, a line for each stage', async () => {
    const view = await viewOf({ study: aStudy(['one']) });
    const figure = figuresOf(view, analyse(view)).find(({ name }) => name === 'drift-one');
    const row = /\{"column":"natural","layer":"conv1","epoch":1,"value":([\d.]+)\}/.exec(
      JSON.stringify(figure),
    );
    expect(Number(row?.[1])).toBeCloseTo(1 - (1 + 2 + 3 + 4 + 5) / 5 / 100, 12);
  });

  it('lists stages in the order of the network, whatever they are called', async () => {
    const study = aStudy(['one'], { network: { architecture: 'inception-resnet-v2' } });
    const view = await viewOf({ study });
    const stages = ['activation_2', 'activation_4', 'block35_10_ac', 'block17_20_ac', 'conv_7b_ac'];
    const byName = Object.fromEntries([...stages].sort().map((stage) => [stage, 0.5]));
    for (const { folds } of view.arms)
      for (const { curves } of folds) for (const epoch of curves.epochs) epoch.drift = byName;
    const figure = figuresOf(view, analyse(view)).find(({ name }) => name === 'drift-one');
    const domain = /"field":"layer","title":null,"scale":\{"domain":(\[[^\]]*\])/.exec(
      JSON.stringify(figure),
    );
    expect(JSON.parse(domain?.[1] ?? '')).toEqual(stages);
  });

  it('is not drawn where drift was not measured', async () => {
    const view = await viewOf({ study: aStudy(['one']) });
    for (const { folds } of view.arms)
      for (const { curves } of folds) for (const epoch of curves.epochs) delete epoch.drift;
    expect(figuresOf(view, analyse(view)).filter(({ name }) => name.startsWith('drift'))).toEqual([]);
  });
});

describe('encodePng', () => {
  it('writes pixels that any decoder reads back, over more than one block', () => {
    const [width, height] = [150, 120];
    const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) => i % 251);
    const png = Buffer.from(encodePng(width, height, rgba));
    const size = png.readUInt32BE(33);
    expect(png.readUInt32BE(16)).toBe(width);
    const rows = inflateSync(png.subarray(41, 41 + size));
    expect(rows).toHaveLength(height * (1 + 4 * width));
    expect(Uint8Array.from(rows.subarray(1, 1 + 4 * width))).toEqual(rgba.subarray(0, 4 * width));
    expect(png.readUInt32BE(41 + size)).toBe(crc32(png.subarray(37, 41 + size)));
  });

  it('uses the checksum that everyone uses', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });
});
