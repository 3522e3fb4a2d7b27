import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connectDatabase } from '@palimpsest/platform';

/** A PostgreSQL of this test's own, to kill and start again as it likes. */
export interface OwnPostgres {
  version: string;
  url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

const run = promisify(execFile);
const debian = '/usr/lib/postgresql';

/** Folder of programs by major version; undefined where this machine has none. */
export const postgresBinaries: Record<string, string | undefined> = {
  '15': existsSync(join(debian, '15/bin/postgres')) ? join(debian, '15/bin') : undefined,
  '18': process.env.TEST_POSTGRES18_BIN,
};

/** Makes and starts a server. @param version a key of `postgresBinaries` whose value is there */
export async function startOwnPostgres(version: string, ...settings: string[]): Promise<OwnPostgres> {
  const bin = postgresBinaries[version] ?? '';
  const data = await mkdtemp(join(tmpdir(), `palimpsest-postgres-${version}-`));
  const as = await identity(data);
  const options = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await run(join(bin, 'initdb'), options, { ...as, cwd: data });
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;
  const kill = async () => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const start = async () => {
    for (;;) {
      const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', ...settings];
      child = spawn(join(bin, 'postgres'), args, { ...as, cwd: data, stdio: 'ignore' });
      if (await answers(url, child)) return;
      await sleep(100); // Backends of the one that was killed are still ending.
    }
  };
  await start();
  const remove = async () => {
    await kill();
    await sleep(200);
    await rm(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  return { version, url, kill, start, remove };
}

/** PostgreSQL refuses to run as root. */
async function identity(data: string): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (which) => Number((await run('id', [which, 'postgres'])).stdout)),
  );
  await chown(data, uid!, gid!);
  await chmod(data, 0o700);
  return { uid: uid!, gid: gid! };
}

async function answers(url: string, server: ChildProcess): Promise<boolean> {
  while (server.exitCode === null) {
    try {
      const db = await connectDatabase({ DATABASE_URL: url }, { patienceMs: 0 });
      await db.destroy();
      return true;
    } catch {
      await sleep(50);
    }
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
