import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '@palimpsest/contracts';
import { loadConfig, MemoryStore, Store, type StoreDriver } from '@palimpsest/platform';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { runChecks } from './check.js';
import { examine, findingsText, verdictOf } from './doctor.js';
import { jobsChecks } from './jobs-checks.js';
import { nodeVersion, placeChecks, spaceFinding } from './place-checks.js';
import { skewFinding } from './skew.js';
import { writeReadDelete } from './store-checks.js';

describe('the doctor', () => {
  let place = '';
  beforeAll(() => (place = mkdtempSync(join(tmpdir(), 'palimpsest-doctor-'))));
  afterEach(() => void vi.unstubAllEnvs());
  afterAll(() => rmSync(place, { recursive: true }));

  it('finds one process on one machine well, and says what it looked at', async () => {
    const findings = await examine(loadConfig({ DATA_DIR: place }));
    expect(verdictOf(findings), findingsText(findings)).toBe(0);
    const said = findingsText(findings);
    for (const thing of ['bus', 'store', 'database', 'database: may create tables', 'database: clock'])
      expect(said).toMatch(new RegExp(`^ok +${thing} `, 'm'));
    for (const thing of [
      'jobs',
      'free space',
      'Node',
      'library: ONNX Runtime',
      'engine',
      'linear algebra',
      'library: sharp',
      'GPU',
    ])
      expect(said).toMatch(new RegExp(`^(ok|warn) +${thing} `, 'm'));
  }, 90_000);

  it('says what is wrong with the linear algebra that is asked for', async () => {
    const asked = { LINEAR_ALGEBRA: 'openblas', OPENBLAS_LIBRARY: '/nowhere/libopenblas.so' };
    const findings = await runChecks(placeChecks(loadConfig({ DATA_DIR: place, ...asked })));
    expect(findings.find(({ thing }) => thing === 'linear algebra')).toMatchObject({
      verdict: 'FAIL',
      code: 'invalid',
      found: expect.stringContaining('tried /nowhere/libopenblas.so') as string,
    });
  }, 90_000);

  it('finds an engine that loads but cannot run', async () => {
    // This build of the library runs on processors only, on whichever machine.
    vi.stubEnv('PALIMPSEST_ONNX_RUNTIME', 'web');
    const findings = await runChecks(placeChecks(loadConfig({ DATA_DIR: place, ONNX_PROVIDER: 'cuda' })));
    expect(findings.find(({ thing }) => thing === 'engine')).toMatchObject({
      verdict: 'FAIL',
      code: 'invalid',
      found: 'onnxruntime-web: expected to run on cpu, found cuda',
    });
  }, 90_000);

  it('says once what is wrong with a database that does not answer, without its password', async () => {
    const DATABASE_URL = 'postgres://me:secret@127.0.0.1:1/studies';
    const findings = await examine(loadConfig({ DATA_DIR: place, DATABASE_URL }));
    const failed = findings.filter(({ verdict }) => verdict === 'FAIL');
    expect(failed).toMatchObject([{ thing: 'database', code: 'unavailable' }]);
    expect(verdictOf(findings)).toBe(75);
    expect(findingsText(findings)).toContain('database studies at 127.0.0.1:1: no answer');
    expect(JSON.stringify(findings)).not.toContain('secret');
  }, 90_000);

  it('says of a cluster for jobs what is wrong with the way there', async () => {
    const settings = (JOBS_URL: string) => loadConfig({ DATA_DIR: place, JOBS_URL });
    const [lacking] = await runChecks(jobsChecks(settings('kubernetes:?namespace=studies')));
    expect(lacking).toMatchObject({ verdict: 'FAIL', thing: 'jobs', code: 'invalid' });
    expect(lacking?.found).toContain('expected template=');
    const url = `kubernetes:?namespace=studies&template=${place}/none.yaml`;
    const findings = await runChecks(jobsChecks(settings(url)));
    expect(findings).toHaveLength(1);
    expect(findings[0]?.found).toContain('expected to run in a pod, or KUBECONFIG');
  });

  it('ends with 2 for what waiting does not mend', async () => {
    const check = (error: Error) => ({ thing: 'thing', advice: 'mend it', run: () => Promise.reject(error) });
    const denied = await runChecks([check(new PlatformError('denied', 'no, postgres://a:b@c says'))]);
    expect(denied).toEqual([
      {
        verdict: 'FAIL',
        thing: 'thing',
        found: 'no, postgres://a:***@c says',
        advice: 'mend it',
        code: 'denied',
      },
    ]);
    expect(verdictOf(denied)).toBe(2);
    expect(findingsText(denied)).toBe('FAIL  thing  no, postgres://a:***@c says — mend it');
    expect(verdictOf(await runChecks([check(new Error('a bug'))]))).toBe(2);
  });

  it('waits for no answer for ever', async () => {
    const silent = { thing: 'thing', advice: '', run: () => new Promise<string>(() => undefined) };
    expect(await runChecks([silent], 10)).toMatchObject([{ verdict: 'FAIL', code: 'unavailable' }]);
  });

  it.each([
    [0, 'ok'],
    [1_500, 'ok'],
    [10_000, 'warn'],
    [-10_000, 'warn'],
    [3_600_000, 'FAIL'],
    [-3_600_000, 'FAIL'],
  ])('judges a clock that is %d ms off as %s', (off, verdict) => {
    const at = { before: 1_000_000_000, after: 1_000_000_100 };
    expect(skewFinding(new Date(at.before + 50 + off), at).verdict).toBe(verdict);
  });

  it('judges free space and Node', async () => {
    expect([20e9, 5e9, 0.5e9].map((free) => spaceFinding(free, '/data').verdict)).toEqual([
      'ok',
      'warn',
      'FAIL',
    ]);
    const verdicts = ['18.20.0', '20.18.9', '20.19.0', '24.0.0'].map(
      async (v) => (await nodeVersion(v)).verdict,
    );
    expect(await Promise.all(verdicts)).toEqual(['FAIL', 'FAIL', 'ok', 'ok']);
  });

  it('leaves nothing in a store, and finds one that forgets', async () => {
    const driver = new MemoryStore();
    const store = new Store(driver);
    await writeReadDelete(store);
    const left: string[] = [];
    for await (const key of store.list('')) left.push(key);
    expect(left).toEqual([]);
    const forgets: StoreDriver = Object.assign(new MemoryStore(), { write: () => Promise.resolve() });
    await expect(writeReadDelete(new Store(forgets))).rejects.toMatchObject({ code: 'corrupt' });
  });
});
