import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../distributed/servers/ports.mjs';
import { hashesOf, palimpsest, start } from '../support/palimpsest.js';
import { writeTinyStudy } from '../support/tiny-study.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-e2e-'));
const at = (...names: string[]) => path.join(folder, ...names);
let study = '';

beforeAll(async () => {
  study = await writeTinyStudy(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Names below a folder, where it is there, while others write to it. */
const filesIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];

describe('palimpsest run', () => {
  it('takes a study from images to a report', { timeout: 360_000 }, async () => {
    const ended = await palimpsest('run', study, '--data', at('data'), '--out', at('report'));
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stdout).toContain(at('report', 'report.html'));
    const html = readFileSync(at('report', 'report.html'), 'utf8');
    expect(html).toMatch(/made by a program/i);
    expect(html).not.toMatch(/(src|href)="https?:/);
    expect(readFileSync(at('report', 'tables', 'auc.csv'), 'utf8').split('\n').length).toBeGreaterThan(3);
  });

  it(
    'computes nothing twice: the second run gives the same bytes and leaves nothing new in the store',
    { timeout: 180_000 },
    async () => {
      const before = hashesOf(at('data', 'store', 'checkpoints'));
      const ended = await palimpsest('run', study, '--data', at('data'), '--out', at('again'));
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      expect(hashesOf(at('again'))).toEqual(hashesOf(at('report')));
      expect(hashesOf(at('data', 'store', 'checkpoints'))).toEqual(before);
    },
  );

  it('ends with why it cannot start, though its database is open by then', { timeout: 60_000 }, async () => {
    const args = ['run', study, '--data', at('data'), '--out', at('nowhere')];
    const ended = await start(args, { STORE_URL: `file:${study}/x` }).end;
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/store .*tiny\.yaml\/x: could not write to it/);
  });

  it('goes on after it was killed at a bad moment, to the same bytes', { timeout: 500_000 }, async () => {
    const killed = start(['run', study, '--data', at('killed'), '--out', at('killed-report')]);
    const over = new AbortController();
    void killed.end.then(() => over.abort());
    while (
      !over.signal.aborted &&
      !filesIn(at('killed', 'store', 'tasks')).some((file) => file.endsWith('/state'))
    ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (!over.signal.aborted) killed.kill('SIGKILL');
    const { code, stderr } = await killed.end;
    expect(code, stderr).toBeNull();
    expect(existsSync(at('killed-report'))).toBe(false);
    const ended = await palimpsest('run', study, '--data', at('killed'), '--out', at('killed-report'));
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(hashesOf(at('killed-report'))).toEqual(hashesOf(at('report')));
  });

  it('stops cleanly on Ctrl-C and says how to go on', { timeout: 60_000 }, async () => {
    const interrupted = start(['run', study, '--data', at('interrupted'), '--out', at('interrupted-report')]);
    while (!existsSync(at('interrupted', 'store', 'tasks')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill(interrupted.pid, 'SIGINT');
    const ended = await interrupted.end;
    expect(ended.code, ended.stderr).toBe(130);
    expect(ended.stderr).toMatch(/To go on: palimpsest run/);
    expect(existsSync(at('interrupted-report'))).toBe(false);
  });

  it('refuses a second program on the same data directory', { timeout: 120_000 }, async () => {
    const port = await freePort();
    const first = start(['serve', '--data', at('shared')], { HTTP_PORT: `${port}`, HTTP_HOST: '0.0.0.0' });
    const ready = () => fetch(`http://127.0.0.1:${port}/readyz`).then(({ ok }) => ok);
    await vi.waitUntil(() => ready().catch(() => false), { timeout: 60_000 });
    const second = await palimpsest('run', study, '--data', at('shared'), '--out', at('never'));
    process.kill(first.pid, 'SIGTERM');
    const ended = await first.end;
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/ at http:\S+, listening on 0\.0\.0\.0\n/);
    expect(second.code).not.toBe(0);
    expect(second.stderr).toContain(String(first.pid));
  });
});

describe('a study that asks for weights by name', () => {
  const data = at('named');
  const run = (file: string) => palimpsest('run', file, '--data', data, '--out', at('named-report'));
  const startingFrom = (source: string) => {
    const file = at(`${source.replace(/\W+/g, '-')}.yaml`);
    writeFileSync(file, readFileSync(study, 'utf8').replace('{ pretrain: radiology }', `{ ${source} }`));
    return file;
  };

  it('runs from what was imported, and is the same work as by its path', { timeout: 600_000 }, async () => {
    const [checkpoint = ''] = Object.keys(hashesOf(at('data', 'store', 'checkpoints')));
    const file = at('data', 'store', 'checkpoints', checkpoint);
    const named = startingFrom('registered: mine');
    expect((await run(named)).stderr).toMatch(
      /sources\.radiology\.registered: expected a name .*found "mine"/,
    );
    const kept = ['--as', 'mine', '--preprocessing', 'torch', '--data', data];
    const imported = await palimpsest('weights', 'import', file, ...kept);
    expect(imported.stdout).toBe('sources:\n  mine:\n    registered: mine\n');
    expect((await palimpsest('plan', named, '--data', data)).stdout).toMatch(/^import +1 /m);
    const ended = await run(named);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(at('named-report', 'report.html'), 'utf8')).toContain('<td>mine; weights of <code>');
    const tasks = readFileSync(at('named-report', 'tables', 'provenance.csv'), 'utf8');
    expect(tasks).toContain('nodules: radiology, fine-tuned');
    expect(tasks).toContain('"source: radiology, weights of a file",base,import,1,');

    const byPath = await run(startingFrom(`weights: ${file}, preprocessing: torch`));
    expect(byPath, byPath.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(at('named-report', 'tables', 'provenance.csv'), 'utf8')).toBe(tasks);
  });

  it('is refused when the file is no longer what was imported', { timeout: 60_000 }, async () => {
    const [file = ''] = readdirSync(path.join(data, 'weights')).filter((name) =>
      name.endsWith('.safetensors'),
    );
    truncateSync(path.join(data, 'weights', file), 200);
    const ended = await run(startingFrom('registered: mine'));
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /weights mine, .*: expected sha256 [0-9a-f]{64} .*, found [0-9a-f]{64}; remove/,
    );
  });
});

describe('what a user gets wrong', () => {
  it('is told by line, field, expected and found', { timeout: 90_000 }, async () => {
    writeFileSync(
      at('wrong.yaml'),
      'name: x\ntargets:\n  a: { layout: bussi, path: . }\nsources: { r: { random: true } }\n',
    );
    const ended = await palimpsest('run', at('wrong.yaml'), '--data', at('none'));
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/wrong\.yaml.*line 3.*targets\.a\.layout.*bussi.*busi/s);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('is told by the name of the image that cannot be read', { timeout: 60_000 }, async () => {
    const broken = mkdtempSync(path.join(folder, 'broken-'));
    const file = await writeTinyStudy(broken);
    const csv = readFileSync(path.join(broken, 'nodules', 'nodules.csv'), 'utf8');
    const image = (csv.split('\n')[1] as string).split(',')[0] as string;
    truncateSync(path.join(broken, 'nodules', image), 200);
    const ended = await palimpsest(
      'run',
      file,
      '--data',
      path.join(broken, 'data'),
      '--out',
      path.join(broken, 'report'),
    );
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain(image);
    expect(existsSync(path.join(broken, 'report'))).toBe(false);
  });
});
