import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { fetched } from './servers/cache.mjs';
import { findMark, leaveMark } from './servers/marks.mjs';
import { isAlive } from './servers/pids.mjs';
import { freePort, isFree } from './servers/ports.mjs';
import { missing, startKafka, startMinio, startPostgres, startSeaweed } from './servers/servers.mjs';
import type { Server, ServerOptions } from './servers/servers.mjs';

const cases: [string, (options?: ServerOptions) => Promise<Server>, string | undefined][] = [
  ['Kafka 4.3', startKafka, missing('kafka')],
  ['MinIO', startMinio, missing('minio')],
  ['SeaweedFS', startSeaweed, missing('seaweed')],
  ['PostgreSQL of this machine', startPostgres, missing('postgres')],
  ['PostgreSQL 18', () => startPostgres({ version: '18' }), missing('postgres', { version: '18' })],
];

describe.each(cases)('%s', (name, start, reason) => {
  it.skipIf(reason)(`keeps what it acknowledged when it is killed (${reason ?? 'real server'})`, async () => {
    const server = await start();
    onTestFinished(() => server.remove());
    await leaveMark(server, `written before ${name} was killed`);

    const { pid } = server;
    await server.kill();
    expect(isAlive(pid)).toBe(false);
    expect(await isFree(server.port)).toBe(true);

    await server.start();
    expect(server.pid).not.toBe(pid);
    expect(await findMark(server)).toBe(`written before ${name} was killed`);

    await server.remove();
    expect(await isFree(server.port)).toBe(true);
  });
});

describe('a started server', () => {
  it.skipIf(missing('postgres'))('starts with the data of the one before it', async () => {
    const data = await mkdtemp(path.join(tmpdir(), 'palimpsest-data-'));
    const first = await startPostgres({ data });
    onTestFinished(() => first.remove());
    await leaveMark(first, 'kept');
    await first.stop();

    const second = await startPostgres({ data });
    onTestFinished(() => second.remove());
    expect(await findMark(second)).toBe('kept');
    await second.remove();
    expect(existsSync(data)).toBe(false);
  });

  it.skipIf(missing('postgres'))('is started again when it ends by itself', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.remove());
    await leaveMark(server, 'written before');
    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => server.pid, { timeout: 10_000 }).not.toBe(pid);
    await expect.poll(() => findMark(server).catch(String), { timeout: 20_000 }).toBe('written before');
  });

  it.skipIf(missing('minio'))(
    'ends when the process that started it is killed, and leaves no folder',
    async () => {
      const port = await freePort();
      const servers = path.join(import.meta.dirname, 'servers', 'servers.mjs');
      const program = `
      const { startMinio } = await import(${JSON.stringify(servers)});
      const { pid } = await startMinio({ port: ${port} });
      console.log(pid);
      process.kill(process.pid, 'SIGKILL');`;
      const temporary = await mkdtemp(path.join(tmpdir(), 'palimpsest-orphan-'));
      const env = { ...process.env, TMPDIR: temporary };
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env });
      const pid = Number(await text(child.stdout));
      expect(pid).toBeGreaterThan(0);

      await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
      await expect.poll(() => readdir(temporary), { timeout: 10_000 }).toEqual([]);
      expect(await isFree(port)).toBe(true);
      await rm(temporary, { recursive: true });
    },
  );

  it('says what it lacks when it cannot run', () => {
    expect(missing('postgres', { version: '7' })).toBe(
      'no PostgreSQL 7 below /usr/lib/postgresql or in PATH',
    );
  });

  it('is given to specs by its URL', () => {
    for (const { url } of Object.values(inject('servers'))) expect(url).toMatch(/^(kafka|s3|postgres):\/\//);
  });
});

describe('the cache of servers', () => {
  let cache = '';
  beforeAll(async () => (cache = await mkdtemp(path.join(tmpdir(), 'palimpsest-cache-'))));
  afterAll(() => rm(cache, { recursive: true }));

  it('is filled once when several ask at the same time', async () => {
    let fills = 0;
    const fill = async (folder: string) => {
      fills += 1;
      await new Promise((resolve) => setTimeout(resolve, 300));
      await writeFile(path.join(folder, 'program'), 'works');
    };
    const folders = await Promise.all([1, 2, 3].map(() => fetched(cache, 'slow', fill)));
    expect(new Set(folders).size).toBe(1);
    expect(await readFile(path.join(cache, 'slow', 'program'), 'utf8')).toBe('works');
    expect(fills).toBe(1);
  });

  it('has nothing of a fetch that failed, and tries again', async () => {
    const fails = async (folder: string) => {
      await writeFile(path.join(folder, 'half'), '');
      throw new Error('no connection');
    };
    await expect(fetched(cache, 'late', fails)).rejects.toThrow('no connection');
    expect((await readdir(cache)).filter((name) => name.startsWith('late'))).toEqual([]);
    const folder = await fetched(cache, 'late', (aside) => writeFile(path.join(aside, 'whole'), ''));
    expect(await readdir(folder)).toEqual(['whole']);
  });

  it('is filled by another when the one that filled it was killed', async () => {
    const lock = path.join(cache, 'orphan.lock');
    await writeFile(lock, '');
    const minuteAgo = new Date(Date.now() - 60_000);
    await utimes(lock, minuteAgo, minuteAgo);
    const folder = await fetched(cache, 'orphan', (aside) => writeFile(path.join(aside, 'program'), ''));
    expect(await readdir(folder)).toEqual(['program']);
  });
});
