import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hashesOf, palimpsest, start, type Started } from '../support/palimpsest.js';
import { writeTinyStudy } from '../support/tiny-study.mjs';
import { freePort } from './servers/ports.mjs';
import { missing, startPostgres, type Server } from './servers/servers.mjs';

const withoutPostgres = missing('postgres') !== undefined;

describe('backup and restore', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-backup-'));
  const at = (name: string) => path.join(folder, name);
  let study = '';
  let server: Started | undefined;
  let undisturbed: Record<string, string>;

  beforeAll(async () => {
    study = await writeTinyStudy(folder);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    server = start(['serve', '--data', at('data')], { HTTP_PORT: String(port), LOG_LEVEL: 'error' });
    await vi.waitUntil(() => answers(`${url}/readyz`), { timeout: 120_000 });
    const running = start(['run', study, '--server', url, '--out', at('first')]);
    await vi.waitUntil(async () => (await tasksDone(url)) > 2, { timeout: 120_000, interval: 100 });
    const ended = await palimpsest('backup', at('backup'), '--server', url, '--data', at('data'), '--json');
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(ended.stdout)).toMatchObject({ missing: [] });
    const end = await running.end;
    expect(end, end.stderr).toMatchObject({ code: 0 });
    undisturbed = hashesOf(at('first'));
  }, 400_000);
  afterAll(async () => {
    try {
      server?.kill('SIGTERM');
    } catch {
      // it has ended by itself
    }
    await server?.end;
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  it('catches a study in the middle', () => {
    const lines = readFileSync(path.join(at('backup'), 'database.jsonl'), 'utf8').split('\n');
    const tasks = lines.filter((line) => line.startsWith('["tasks"'));
    const done = tasks.filter((line) => line.includes('"status":"done"'));
    const studies = lines.filter((line) => line.startsWith('["studies"'));
    expect(done.length).toBeGreaterThan(2);
    expect(studies).toEqual([expect.stringContaining('"status":"running"')]);
  });

  it('says how to back up what a server has open', async () => {
    const ended = await palimpsest('backup', at('refused'), '--data', at('data'));
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/in use by process .*--server <url>\n$/);
  }, 120_000);

  /** Restores into what the environment leads to, and runs the study to its end there. */
  async function goesOn(name: string, env: Record<string, string>): Promise<void> {
    const restored = await start(['restore', at('backup'), '--data', at(name)], env).end;
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    const again = await start(['restore', at('backup'), '--data', at(name)], env).end;
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('expected an empty one');
    const run = await start(['run', study, '--data', at(name), '--out', at(`${name}-report`)], env).end;
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(hashesOf(at(`${name}-report`))).toEqual(undisturbed);
  }

  it('restores elsewhere, where the study ends with the same report', () => goesOn('embedded', {}), 400_000);

  describe.skipIf(withoutPostgres)(
    withoutPostgres ? 'PostgreSQL 15 (skipped: not on this machine)' : 'PostgreSQL 15',
    () => {
      let postgres: Server;
      beforeAll(async () => {
        postgres = await startPostgres();
        return () => postgres.remove();
      });

      it(
        'restores into another kind of database',
        () => goesOn('moved', { DATABASE_URL: postgres.url }),
        400_000,
      );
    },
  );
});

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function tasksDone(url: string): Promise<number> {
  const studies = (await (await fetch(`${url}/studies`)).json()) as { id: string }[];
  if (!studies[0]) return 0;
  const tasks = (await (await fetch(`${url}/studies/${studies[0].id}/tasks`)).json()) as { state: string }[];
  return tasks.filter(({ state }) => state === 'done').length;
}
