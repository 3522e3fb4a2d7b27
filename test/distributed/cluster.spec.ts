import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive } from './servers/pids.mjs';
import { missing } from './servers/servers.mjs';

const reason = missing('kafka') ?? (missing('minio') && missing('seaweed')) ?? missing('postgres');
const program = path.join(import.meta.dirname, 'cluster.mjs');

describe('npm run cluster', () => {
  let data = '';
  const cluster = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, '--data', data]);
    return stdout;
  };
  beforeAll(async () => (data = await mkdtemp(path.join(tmpdir(), 'palimpsest-cluster-'))));
  afterAll(async () => {
    await cluster('down');
    await rm(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  it.skipIf(reason)('starts servers that go on, once, and prints the settings that lead there', async () => {
    const settings = await cluster('up');
    expect(settings).toMatch(/^export BUS_URL='kafka:\/\/127\.0\.0\.1:\d+'$/m);
    expect(settings).toMatch(/^export STORE_URL='s3:\/\/palimpsest\?endpoint=http:\/\/127\.0\.0\.1:\d+'$/m);
    expect(settings).toMatch(/^export S3_ACCESS_KEY='.+'$/m);
    expect(settings).toMatch(/^export DATABASE_URL='postgres:\/\/postgres@127\.0\.0\.1:\d+\/postgres'$/m);
    expect(await cluster('env')).toBe(settings);

    const status = await cluster('status');
    expect(await cluster('up')).toBe(settings);
    expect(await cluster('status')).toBe(status);
  });

  it.skipIf(reason)('ends them all', async () => {
    const pids = [...(await cluster('status')).matchAll(/process (\d+)$/gm)].map(([, pid]) => Number(pid));
    expect(pids).toHaveLength(3);
    await cluster('down');
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(cluster('env')).rejects.toThrow('does not run; start it with: npm run cluster -- up');
  });
});
