import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeNpy } from '@palimpsest/formats';
import { FileStore } from '@palimpsest/platform';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exitCodes } from './exit-codes.js';
import { runProgram } from './program.js';
import { serviceNames } from './services.js';
import { taskKinds } from '@palimpsest/contracts';
import { services, type Service } from './services.js';
import type { PlanSummary } from './study/plan-summary.js';

/** Runs the program in this process. */
async function palimpsest(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const out = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => Boolean((said.out += String(text))));
  const err = vi
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => Boolean((said.err += String(text))));
  try {
    return { code: await runProgram(['node', 'palimpsest', ...args]), ...said };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

describe('the program', () => {
  it('tells what it can do', async () => {
    const { code, out } = await palimpsest('--help');
    expect(code).toBe(0);
    for (const command of [
      'demo',
      'run',
      'plan',
      'folds',
      'compare',
      'weights',
      'serve',
      'work',
      'status',
      'store',
      'dead',
      'config',
      'doctor',
      'backup',
      'restore',
      'migrate',
      'log',
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${command}[ [<]`, 'm'));
    }
    expect(out).toContain('130  interrupted');
  });

  it.each([
    'demo',
    'run',
    'plan',
    'folds',
    'compare',
    'weights',
    'serve',
    'work',
    'config',
    'status',
    'store',
    'dead',
    'doctor',
    'backup',
    'restore',
    'migrate',
    'log',
  ])('explains %s with an example', async (command) => {
    const { code, out } = await palimpsest(command, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`palimpsest ${command}`);
  });

  it.each([
    [['fly']],
    [['run']],
    [['folds', '--layout', 'busy', '.']],
    [['folds', '--layout', 'busi', '.', '--folds', '1']],
    [['work', 'paint', 'id']],
    [['compare', 'a.npy', 'b.npy', '--epsilon', 'small']],
    [['serve', 'everything']],
  ])('ends with 2 when used wrongly: %j', async (args) => {
    const { code, err, out } = await palimpsest(...args);
    expect(code).toBe(2);
    expect(err).toMatch(/error:/);
    expect(out).toBe('');
  });

  it('knows who runs each kind of task', () => {
    const kinds = serviceNames.flatMap((name) => (services[name] as Service).kinds);
    expect(kinds.sort()).toEqual([...taskKinds].sort());
  });
});

describe('commands that need no service', () => {
  let place: string;
  beforeEach(() => (place = mkdtempSync(join(tmpdir(), 'palimpsest-cli-'))));
  afterEach(() => rmSync(place, { recursive: true }));
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(place, name), content);
    return join(place, name);
  };
  const matrix = (name: string, rows: number, cols: number, value: (i: number) => number) =>
    file(
      name,
      writeNpy({ shape: [rows, cols], data: Float32Array.from({ length: rows * cols }, (_, i) => value(i)) }),
    );

  describe('compare', () => {
    const wave = (i: number) => Math.sin(i * i);

    it('finds a network the same as itself', async () => {
      const a = matrix('a.npy', 50, 3, wave);
      const { code, out } = await palimpsest('compare', a, a, '--json');
      expect(code).toBe(0);
      const { value, ...rest } = JSON.parse(out) as { value: number; coefficients: number[] };
      expect(value).toBeCloseTo(1, 9);
      expect(rest).toMatchObject({ measure: 'cca', points: 50, channels: [3, 3], warnings: [] });
      expect(Object.keys(rest)).toEqual(['measure', 'coefficients', 'points', 'channels', 'warnings']);
      expect(rest.coefficients).toHaveLength(3);
    });

    it('says which matrix is not as it must be', async () => {
      const a = matrix('a.npy', 50, 3, wave);
      const short = matrix('short.npy', 40, 3, wave);
      const holes = matrix('holes.npy', 50, 3, (i) => (i === 7 ? NaN : wave(i)));
      const flat = file('flat.npy', writeNpy({ shape: [150], data: new Float32Array(150) }));
      const said = async (b: string) => {
        const { code, err } = await palimpsest('compare', a, b);
        return `${code} ${err.replaceAll(`${place}/`, '').trim()}`;
      };
      expect(await said(short)).toBe(
        '2 palimpsest: a.npy and short.npy: expected the same data points in both files, found 50 and 40',
      );
      expect(await said(holes)).toBe(
        '2 palimpsest: holes.npy: expected finite numbers, found NaN in row 2, column 1',
      );
      expect(await said(flat)).toBe('2 palimpsest: flat.npy: expected 2 dimensions, found 1 (shape 150)');
      expect(await said(join(place, 'none.npy'))).toContain('2 palimpsest: none.npy: ENOENT');
      expect(await said(file('text.npy', 'hello'))).toContain('2 palimpsest: text.npy: ');
    });

    it('fails where the linear algebra that is asked for is not there', async () => {
      vi.stubEnv('LINEAR_ALGEBRA', 'openblas');
      vi.stubEnv('OPENBLAS_LIBRARY', join(place, 'libopenblas.so'));
      const a = matrix('a.npy', 50, 3, wave);
      const { code, err } = await palimpsest('compare', a, a);
      vi.unstubAllEnvs();
      expect(code).toBe(2);
      expect(err).toContain(`LINEAR_ALGEBRA=openblas: expected the library OpenBLAS, tried ${place}`);
    });

    it('suspects channels first where there are fewer points than channels', async () => {
      const a = matrix('a.npy', 3, 50, wave);
      const { code, err } = await palimpsest('compare', a, a);
      expect(code).toBe(2);
      expect(err).toContain('add --channels-first');
      expect((await palimpsest('compare', a, a, '--channels-first')).code).toBe(0);
    });

    const golden = fileURLToPath(new URL('../../../../shared/golden/svcca/', import.meta.url));
    it.skipIf(!existsSync(golden))(
      'agrees with google/svcca on two MNIST networks (skipped: ../shared not there)',
      async () => {
        const [a, b] = [0, 1].map((i) => join(golden, `mnist-model${i}-layer04.npy`)) as [string, string];
        const { out } = await palimpsest('compare', a, b, '--channels-first', '--json');
        expect(JSON.parse(out)).toMatchObject({ points: 10_000, channels: [10, 10] });
        expect((JSON.parse(out) as { value: number }).value).toBeCloseTo(0.7057263136599183, 9);
      },
    );
  });

  describe('plan', () => {
    const study = (path: string) => `name: small
targets: { knee: { layout: csv, path: ${path}, split: { folds: 2 } } }
sources: { random: { random: true } }
`;

    it('counts images and tasks without running anything', async () => {
      file('knee.csv', 'path,label,patient\na.png,x,p\nb.png,y,q\n');
      const { code, out } = await palimpsest('plan', file('study.yaml', study('knee.csv')), '--json');
      expect(code).toBe(0);
      const plan = JSON.parse(out) as {
        datasets: unknown[];
        kinds: { kind: string; tasks: number }[];
        total: object;
      };
      expect(plan.datasets).toEqual([
        { name: 'knee', path: join(place, 'knee.csv'), images: 2, counted: true },
      ]);
      expect(plan.kinds.map(({ kind, tasks }) => [kind, tasks])).toEqual([
        ['ingest', 1],
        ['train', 2],
        ['extract', 6],
        ['compare', 4],
        ['report', 1],
      ]);
      expect(plan.total).toMatchObject({ tasks: 14 });
    });

    it('says what it assumes where there is nothing to count', async () => {
      const { out } = await palimpsest('plan', file('study.yaml', study('absent.csv')));
      expect(out).toMatch(/knee +~1000/);
      expect(out).toContain('~ assumed');
    });

    it('takes the number of images from whoever knows it, and says what GPUs would need', async () => {
      const path = file('study.yaml', study('absent.csv'));
      const sized = ['plan', path, '--images', 'knee=100000', '--gpus', '4', '--images-per-second', '250'];
      const { out } = await palimpsest(...sized, '--json');
      const { datasets, total, gpus } = JSON.parse(out) as PlanSummary;
      expect(datasets[0]).toMatchObject({ images: 100_000, counted: true });
      // Two trainings on half of the images each, over the epochs that the plan expects.
      expect(total.trainedImages % 100_000).toBe(0);
      expect(gpus).toEqual({ gpus: 4, imagesPerSecond: 250, seconds: total.trainedImages / 1000 });
      expect((await palimpsest(...sized)).out).toMatch(/million images: .* on 4 GPUs, each 250 a second/);
    });

    it('names a dataset that the study does not use, and a speed without GPUs', async () => {
      const path = file('study.yaml', study('absent.csv'));
      const unknown = await palimpsest('plan', path, '--images', 'kne=5');
      expect([unknown.code, unknown.err]).toEqual([
        2,
        expect.stringContaining('expected one of knee, found "kne"'),
      ]);
      const speed = await palimpsest('plan', path, '--images-per-second', '5');
      expect([speed.code, speed.err]).toEqual([2, expect.stringContaining('expected --gpus')]);
    });

    it('names what is wrong with a study file', async () => {
      const path = file('study.yaml', study('knee.csv').replace('csv, path', 'cvs, path'));
      const { code, err } = await palimpsest('plan', path);
      expect(code).toBe(2);
      expect(err).toContain(`${path} line 2: targets.knee.layout: expected one of`);
      expect(err).toContain('did you mean "csv"?');
      expect((await palimpsest('plan', join(place, 'none.yaml'))).code).toBe(2);
    });
  });

  it('folds lists every image in its own order with its fold', async () => {
    const rows = Array.from({ length: 8 }, (_, i) => `${i}.png,${i % 2 ? 'sick' : 'well'},p${i >> 1}`);
    const path = file('images.csv', `path,label,patient\n${rows.join('\n')}\n`);
    const { code, out } = await palimpsest('folds', '--layout', 'csv', path, '--folds', '2', '--csv');
    expect(code).toBe(0);
    const lines = out.trim().split('\n');
    expect(lines[0]).toBe('path,label,patient,fold');
    expect(lines.slice(1).map((line) => line.split(',').slice(0, 3).join(','))).toEqual(rows);
    const folds = lines.slice(1).map((line) => line.split(',')[3]);
    expect(folds.every((fold, i) => fold === folds[i ^ 1])).toBe(true);
    const summary = (await palimpsest('folds', '--layout', 'csv', path, '--folds', '2')).out;
    expect(summary).toContain('8 images, 2 folds, all images of a patient in one fold');
    expect(summary).toContain('add --csv');
  });

  it('config says where each setting comes from', async () => {
    vi.stubEnv('MAX_ATTEMPTS', '7');
    const { out } = await palimpsest('config', '--json');
    vi.unstubAllEnvs();
    const settings = JSON.parse(out) as { name: string; value: string; source: string }[];
    expect(settings.find(({ name }) => name === 'MAX_ATTEMPTS')).toMatchObject({
      value: '7',
      source: 'environment',
    });
    expect(settings.find(({ name }) => name === 'LEASE_SECONDS')).toMatchObject({
      value: '30',
      source: 'default',
    });
  });

  it('status finds no studies where there are none', async () => {
    vi.stubEnv('DATA_DIR', undefined);
    const { code, out } = await palimpsest('status', '--data', join(place, 'data'), '--json');
    vi.unstubAllEnvs();
    expect({ code, out }).toEqual({ code: 0, out: '[]\n' });
  });

  describe('run', () => {
    const program = fileURLToPath(new URL('../bin/palimpsest.js', import.meta.url));
    const failing = (env: Record<string, string>) => {
      const study = file(
        'study.yaml',
        `name: gone
targets: { knee: { layout: csv, path: gone.csv, split: { folds: 2 } } }
sources: { random: { random: true } }
`,
      );
      const args = [program, 'run', study, '--data', join(place, 'data'), '--out', join(place, 'report')];
      const inherited = { ...process.env };
      delete inherited.LOG_LEVEL;
      return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...inherited, ...env } });
    };

    it('tells of a task that failed once, in words', () => {
      const { status, stderr } = failing({});
      expect(status).toBe(exitCodes.studyFailed);
      expect(stderr.split('gone.csv: expected a CSV file, found nothing')).toHaveLength(2);
      expect(stderr).not.toContain('"level"');
    }, 60_000);

    it('logs it too where LOG_LEVEL asks for it', () => {
      expect(failing({ LOG_LEVEL: 'warn' }).stderr).toMatch(/^\{"level":40,.*"code":"not-found"/m);
    }, 60_000);
  });

  describe('store check', () => {
    const orphan = 'activations/a/c/0';
    const fill = async (data: string) => {
      const store = new FileStore(join(data, 'store'));
      await store.write(orphan, new Uint8Array(3));
      await store.write(
        'tasks/a/output.json',
        Buffer.from(JSON.stringify({ output: { file: { key: 'gone', sha256: '0'.repeat(64), bytes: 1 } } })),
      );
      return store;
    };
    afterEach(() => vi.unstubAllEnvs());

    it('tells what belongs to no task and what is missing, and deletes nothing', async () => {
      const data = join(place, 'walked');
      vi.stubEnv('DATA_DIR', data);
      const store = await fill(data);
      const { code, out } = await palimpsest('store', 'check', '--json');
      expect(code).toBe(exitCodes.bug);
      expect(JSON.parse(out)).toEqual({
        keys: 2,
        tasks: 1,
        orphans: [
          {
            key: orphan,
            kind: 'unreferenced',
            bytes: 3,
            ageSeconds: expect.any(Number) as number,
            deleted: false,
          },
        ],
        missing: [{ key: 'gone', problem: 'absent', namedBy: 'tasks/a/output.json' }],
      });
      const text = (await palimpsest('store', 'check')).out;
      expect(text).toContain('2 keys, 1 tasks; 1 keys (3 B) belong to no task, 0 of them deleted; 1 missing');
      expect(await store.exists(orphan)).toBe(true);
    });

    it('deletes when it is told to, but what is young only when it is told that too', async () => {
      const data = join(place, 'swept');
      vi.stubEnv('DATA_DIR', data);
      const store = await fill(data);
      await palimpsest('store', 'check', '--delete-orphans');
      expect(await store.exists(orphan)).toBe(true);
      const { out } = await palimpsest('store', 'check', '--delete-orphans', '--older-than', '0');
      expect(out).toContain('unreferenced, deleted');
      expect(await store.exists(orphan)).toBe(false);
      expect((await palimpsest('store', 'check', '--older-than', 'long')).code).toBe(exitCodes.usage);
    });
  });

  it('the demo draws its datasets once, with a study that is as a study must be', async () => {
    vi.stubEnv('DATA_DIR', place);
    const { prepareDemo } = await import('./demo/prepare-demo.js');
    const { demoSizes } = await import('./demo/demo-study.js');
    const sizes = { ...demoSizes.subjects };
    Object.assign(demoSizes.subjects, { natural: 16, radiology: 12, nodules: 4, opacities: 6 });
    const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const study = await prepareDemo();
    await prepareDemo();
    expect(err).toHaveBeenCalledTimes(1);
    err.mockRestore();
    Object.assign(demoSizes.subjects, sizes);
    expect(
      readFileSync(join(place, 'demo', 'datasets', 'natural.csv'), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(17);
    const { code, out } = await palimpsest('plan', study, '--json');
    vi.unstubAllEnvs();
    expect(code).toBe(0);
    const { datasets } = JSON.parse(out) as { datasets: { name: string; counted: boolean }[] };
    expect(datasets).toHaveLength(4);
    expect(datasets.every(({ counted }) => counted)).toBe(true);
  });
});
