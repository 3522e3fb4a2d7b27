import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { palimpsest } from '../support/palimpsest.js';

const shared = path.resolve(import.meta.dirname, '../../../shared');
const matrices = [0, 1].map((i) => path.join(shared, `golden/svcca/mnist-model${i}-layer04.npy`)) as [
  string,
  string,
];
const absent = !existsSync(matrices[0]);

interface Compared {
  measure: string;
  value: number;
  coefficients: number[];
  points: number;
  warnings: string[];
}

describe.skipIf(absent)(
  `palimpsest compare on real activations${absent ? ' (skipped: ../shared not there)' : ''}`,
  { timeout: 90_000 },
  () => {
    it.each([
      [0, 0.7057263136599183],
      [1e-12, 0.7057263136529119],
      [1e-6, 0.705719305748491],
    ])('agrees with google/svcca at epsilon %d', async (epsilon, expected) => {
      const ended = await palimpsest(
        'compare',
        ...matrices,
        '--channels-first',
        '--epsilon',
        String(epsilon),
        '--json',
      );
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      const compared = JSON.parse(ended.stdout) as Compared;
      expect(Math.abs(compared.value / expected - 1)).toBeLessThan(1e-9);
      expect(compared).toMatchObject({ measure: 'cca', points: 10_000 });
      expect(compared.coefficients).toHaveLength(10);
    });

    it('refuses matrices laid the wrong way round', async () => {
      const ended = await palimpsest('compare', ...matrices);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toMatch(/channels-first/);
    });
  },
);

describe.skipIf(absent)(
  `palimpsest folds on a published layout${absent ? ' (skipped: ../shared not there)' : ''}`,
  { timeout: 90_000 },
  () => {
    it('prints every image once, with its fold', async () => {
      const ended = await palimpsest(
        'folds',
        '--layout',
        'chest-xray',
        path.join(shared, 'real/chest/chest_xray'),
        '--csv',
      );
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      const rows = ended.stdout.trim().split('\n');
      expect(rows[0]).toBe('path,label,patient,fold');
      expect(rows).toHaveLength(180);
      expect(new Set(rows.slice(1).map((row) => row.split(',').at(-1)))).toEqual(
        new Set(['1', '2', '3', '4', '5']),
      );
    });
  },
);

describe('the program', { timeout: 90_000 }, () => {
  it('shows help and examples for every command', async () => {
    const { stdout } = await palimpsest('--help');
    for (const command of ['demo', 'run', 'plan', 'folds', 'compare', 'serve', 'work', 'status', 'config']) {
      expect(stdout).toContain(command);
      const help = await palimpsest(command, '--help');
      expect(help.code).toBe(0);
      expect(help.stdout).toMatch(/example/i);
    }
  }, 180_000);

  it('plans the example study without its data', async () => {
    const example = path.resolve(import.meta.dirname, '../../examples/breast-and-chest.yaml');
    const ended = await palimpsest('plan', example, '--json');
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stdout).toContain('train');
    expect(readFileSync(example, 'utf8')).toContain('resnet-mini');
  });

  it("plans the paper's study: 35 cells of five folds", async () => {
    const example = path.resolve(import.meta.dirname, '../../examples/paper.yaml');
    const ended = await palimpsest('plan', example, '--json');
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const { kinds } = JSON.parse(ended.stdout) as { kinds: { kind: string; tasks: number }[] };
    expect(kinds).toContainEqual(expect.objectContaining({ kind: 'train', tasks: 175 }));
  });
});
