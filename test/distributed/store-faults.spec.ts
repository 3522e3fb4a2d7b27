import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isRetryable } from '@palimpsest/contracts';
import { eventually } from '@palimpsest/testing';
import { Client } from 'minio';
import { AssumeRoleProvider } from 'minio/dist/esm/AssumeRoleProvider.mjs';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { checkStore } from '../../libs/platform/src/store/check-store.js';
import { FileStore } from '../../libs/platform/src/store/file-store.js';
import { Store } from '../../libs/platform/src/store/store.js';
import { startFaultyProxy, type Fault, type FaultyProxy } from './faults/http-proxy.js';
import { missing, startMinio, type Server } from './servers/servers.mjs';
import { openS3, within } from './support/s3.js';
import { noSmallDisk, smallDisk } from './support/small-disk.js';

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const quick = { attempts: 3, firstDelayMs: 10, longestDelayMs: 50 };
/** A server that hangs up on a body may lose its own answer with it: one of some attempts hears it. */
const often = { attempts: 25, firstDelayMs: 10, longestDelayMs: 50 };
const limits = { idleMs: 2000, totalMs: 10_000, leastBytesPerSecond: 100_000 };

/** Files of a tree, small and large, the same every time. */
const files = Array.from({ length: 24 }, (_, i) => {
  const bytes = Buffer.alloc(i % 4 === 0 ? 1_500_000 : 2000 + i, `${i}-`);
  return [`c/${i}`, new Uint8Array(bytes)] as const;
});

async function keysIn(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list('')) keys.push(key);
  return keys;
}

const noMinio = missing('minio');

describe.skipIf(noMinio)(`a store on MinIO (${noMinio ?? 'real server'})`, () => {
  let server: Server;
  let data = '';
  let proxy: FaultyProxy | undefined;
  beforeAll(async () => {
    data = await mkdtemp(path.join(tmpdir(), 'palimpsest-minio-'));
    server = await startMinio({ data });
    return () => server.remove();
  });
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });

  let prefixes = 0;
  const open = (url = server.url, prefix = `p${++prefixes}`) =>
    new Store(openS3({ url: within(url, prefix), env: server.env }, { limits }));
  const admin = () =>
    new Client({
      endPoint: '127.0.0.1',
      port: server.port,
      useSSL: false,
      accessKey: server.env.S3_ACCESS_KEY ?? '',
      secretKey: server.env.S3_SECRET_KEY ?? '',
    });

  const cases: [string, Fault][] = [
    ['answers 503', { kind: 'status', share: 0.3, status: 503 }],
    ['answers 500', { kind: 'status', share: 0.3, status: 500, code: 'InternalError' }],
    ['is slow', { kind: 'delay', share: 0.5, ms: 300 }],
    ['does not answer within its time', { kind: 'delay', share: 0.1, ms: 4000 }],
    ['cuts bodies short', { kind: 'cut', share: 0.3, keep: 0.5, methods: ['GET'] }],
    ['resets connections', { kind: 'reset', share: 0.3 }],
    ['resets connections after it did what it was asked', { kind: 'reset', share: 0.3, after: true }],
  ];
  it.each(cases)(
    'ends with the same bytes when it %s',
    async (_, fault) => {
      const undisturbed = await open().putTree('trees/a', files);
      proxy = await startFaultyProxy({ target: `http://127.0.0.1:${server.port}`, faults: [fault], seed: 7 });
      const prefix = `p${++prefixes}`;
      const disturbed = open(server.url.replace(/http:[^&]*/, proxy.origin), prefix);
      const tree = await disturbed.putTree('trees/a', files);
      expect(tree).toEqual(undisturbed);
      const opened = await disturbed.openTree(tree);
      for (const [name, bytes] of files) expect(hashOf((await opened.read(name))!)).toBe(hashOf(bytes));
      expect(await disturbed.has(tree)).toBe(true);
      expect(proxy.happened[fault.kind]).toBeGreaterThan(3);
      expect(await keysIn(open(server.url, prefix))).toHaveLength(files.length + 1);
    },
    120_000,
  );

  it('comes through a while in which nobody listens', async () => {
    proxy = await startFaultyProxy({ target: `http://127.0.0.1:${server.port}`, seed: 1 });
    const store = open(server.url.replace(/http:[^&]*/, proxy.origin));
    await store.ping();
    const [, ref] = await Promise.all([proxy.refuse(1500), store.put('artifacts', files[0]![1])]);
    expect(hashOf(await store.get(ref))).toBe(ref.sha256);
  });

  it('says in one line what is wrong: host, bucket, credentials', async () => {
    const at = (url: string, env = server.env) => new Store(openS3({ url, env }, { retries: quick }));
    const wrongKey = { ...server.env, S3_SECRET_KEY: 'hush-hush-hush' };
    const errors = await Promise.all(
      [
        at('s3://palimpsest?endpoint=http://127.0.0.1:1'),
        at(server.url.replace('palimpsest', 'no-such-bucket')),
        at(server.url, wrongKey),
        at(server.url, { ...server.env, S3_ACCESS_KEY: 'nobody' }),
      ].map((store) => store.ping().catch((error: unknown) => error)),
    );
    expect(errors).toMatchObject([
      { code: 'unavailable', message: expect.stringContaining('ECONNREFUSED') as string },
      { code: 'not-found', message: expect.stringContaining('aws s3 mb s3://no-such-bucket') as string },
      { code: 'denied', message: expect.stringContaining('S3_SECRET_KEY') as string },
      { code: 'denied', message: expect.stringContaining('S3_ACCESS_KEY') as string },
    ]);
    for (const error of errors) expect(String(error)).not.toMatch(/hush|palimpsest-secret|\n/);
  });

  it('says that the clocks differ, and by how much', async () => {
    const store = openS3({ url: server.url, env: server.env }, { retries: quick });
    const { Date: RealDate } = globalThis;
    class LateDate extends RealDate {
      constructor(...args: [] | [number | string]) {
        super(...((args.length === 0 ? [RealDate.now() - 3_600_000] : args) as [number]));
      }
      static override now = () => RealDate.now() - 3_600_000;
    }
    globalThis.Date = LateDate as DateConstructor;
    const error: unknown = await store.ping().catch((thrown: unknown) => thrown);
    globalThis.Date = RealDate;
    expect(error).toMatchObject({ code: 'denied' });
    expect(String(error)).toMatch(/this machine's clock is (3599|360\d) s behind the store's/);
  });

  it('says that it may only read', async () => {
    const bucket = 'read-only';
    await admin().makeBucket(bucket);
    const actions = ['s3:GetObject', 's3:ListBucket', 's3:GetBucketLocation'];
    const resources = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
    const statement = { Effect: 'Allow', Action: actions, Resource: resources };
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    const env = await limitedCredentials(server, policy);
    const store = new Store(
      openS3({ url: server.url.replace('palimpsest', bucket), env }, { retries: quick }),
    );
    for (const attempt of [() => store.ping(), () => store.put('artifacts', files[0]![1])])
      await expect(attempt()).rejects.toMatchObject({
        code: 'denied',
        message: expect.stringMatching(/the store does not allow it \(403 AccessDenied.*write/) as string,
      });
    expect(await keysIn(store)).toEqual([]);
  });

  it('keeps every object that it acknowledged when it is killed among writes, and no half of another', async () => {
    const store = open();
    const acknowledged: { key: string; sha256: string; bytes: number }[] = [];
    let going = true;
    const write = async () => {
      while (going) {
        acknowledged.push(await putInTheEnd(store, randomBytes(400_000)));
      }
    };
    onTestFinished(() => void (going = false));
    const writers = Promise.all([write(), write(), write(), write()]);
    writers.catch(() => undefined);
    for (let kill = 0; kill < 3; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 300 + 170 * kill));
      const had = acknowledged.length;
      await eventually('some are written', () => acknowledged.length >= had + 4, 20_000);
      await server.kill();
      await server.start();
    }
    going = false;
    await writers;
    expect(acknowledged.length).toBeGreaterThan(10);
    for (const ref of acknowledged) expect((await store.get(ref)).length).toBe(ref.bytes);
    const keys = await keysIn(store);
    for (const key of keys) expect(key).toContain(hashOf((await store.readRecord(key))!));
    expect(keys.length).toBe(acknowledged.length);
  }, 120_000);

  it('names an object that was altered or cut in MinIO, and makes room for it to be made again', async () => {
    const prefix = `p${++prefixes}`;
    const store = open(server.url, prefix);
    const [altered, cut] = [await store.put('a', files[0]![1]), await store.put('a', files[4]![1])];
    const wrong = Buffer.from(files[0]![1]);
    wrong[1000] = (wrong[1000] ?? 0) ^ 1;
    await admin().putObject('palimpsest', `${prefix}/${altered.key}`, wrong);
    await admin().putObject(
      'palimpsest',
      `${prefix}/${cut.key}`,
      Buffer.from(files[4]![1]).subarray(0, 1000),
    );
    for (const ref of [altered, cut]) {
      const message = expect.stringContaining(ref.key) as string;
      await expect(store.get(ref)).rejects.toMatchObject({ code: 'corrupt', message });
      expect(await store.has(ref)).toBe(false);
    }
    expect((await keysIn(store)).sort()).toEqual([`corrupt/${altered.key}`, `corrupt/${cut.key}`].sort());
    expect((await checkStore(store)).orphans.map(({ kind }) => kind)).toEqual(['corrupt', 'corrupt']);
    await store.put('a', files[0]![1]);
    expect(hashOf(await store.get(altered))).toBe(altered.sha256);
  });

  it("names an object that was altered on MinIO's own disk, which it then can read no more", async () => {
    const prefix = `p${++prefixes}`;
    const store = new Store(openS3({ url: within(server.url, prefix), env: server.env }, { retries: quick }));
    const refs = [await store.put('a', files[0]![1]), await store.put('a', files[1]![1])];
    for (const ref of refs) {
      await damage(path.join(data, 'objects', 'palimpsest', prefix, ref.key));
      await expect(store.get(ref)).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringMatching(`${ref.key}.*cannot give this object whole.*deleted`) as string,
      });
      expect(await store.has(ref)).toBe(false);
    }
    await store.put('a', files[0]![1]);
    expect(hashOf(await store.get(refs[0]!))).toBe(refs[0]!.sha256);
  });
});

describe.skipIf(noMinio ?? noSmallDisk)(`a full disk (${noMinio ?? noSmallDisk ?? 'tmpfs'})`, () => {
  it('of MinIO is unavailable, named, and holds no half object', async () => {
    const disk = await smallDisk(96);
    const server = await startMinio({ data: path.join(disk.folder, 'minio') });
    try {
      const store = new Store(openS3({ url: server.url, env: server.env }, { retries: often }));
      const written: { key: string; sha256: string; bytes: number }[] = [];
      const fill = async () => {
        for (let i = 0; i < 40; i++) written.push(await store.put('a', randomBytes(5_000_000)));
      };
      await expect(fill()).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/the store is full \(507/) as string,
      });
      expect(written.length).toBeGreaterThan(2);
      for (const ref of written) expect((await store.get(ref)).length).toBe(ref.bytes);
      expect((await keysIn(store)).sort()).toEqual(written.map(({ key }) => key).sort());
    } finally {
      await server.remove();
      await disk.remove();
    }
  }, 120_000);
});

describe.skipIf(noSmallDisk)(`a full disk (${noSmallDisk ?? 'tmpfs'})`, () => {
  it('of a folder is unavailable, named, and leaves nothing half written', async () => {
    const disk = await smallDisk(8);
    try {
      const folder = path.join(disk.folder, 'store');
      const store = new Store(new FileStore(folder));
      const first = await store.put('a', randomBytes(5_000_000));
      await expect(store.put('a', randomBytes(5_000_000))).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('the disk is full (ENOSPC)') as string,
      });
      expect(await readdir(path.join(folder, '.tmp'))).toEqual([]);
      expect(await keysIn(store)).toEqual([first.key]);
      expect(hashOf(await store.get(first))).toBe(first.sha256);
      await store.deleteRecord(first.key);
      await store.put('a', randomBytes(5_000_000));
    } finally {
      await disk.remove();
    }
  });
});

/** As tasks do: what was unavailable is tried again. */
async function putInTheEnd(store: Store, bytes: Uint8Array): ReturnType<Store['put']> {
  for (;;)
    try {
      return await store.put('artifacts', bytes);
    } catch (error) {
      if (!isRetryable(error)) throw error;
    }
}

/** Turns a byte of what MinIO keeps of an object: of its data, which small objects have in `xl.meta`. */
async function damage(folder: string): Promise<void> {
  const found = await readdir(folder, { recursive: true });
  const name = found.find((each) => each.endsWith('part.1')) ?? 'xl.meta';
  const file = path.join(folder, name);
  const bytes = await readFile(file);
  const at = Math.floor(bytes.length * 0.7);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  await writeFile(file, bytes);
}

/** Credentials that may do no more than the policy says. */
async function limitedCredentials({ port, env }: Server, policy: string): Promise<Record<string, string>> {
  const provider = new AssumeRoleProvider({
    stsEndpoint: `http://127.0.0.1:${port}`,
    accessKey: env.S3_ACCESS_KEY ?? '',
    secretKey: env.S3_SECRET_KEY ?? '',
    policy,
  });
  const { accessKey, secretKey, sessionToken } = await provider.getCredentials();
  return {
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_SESSION_TOKEN: sessionToken ?? '',
  };
}
