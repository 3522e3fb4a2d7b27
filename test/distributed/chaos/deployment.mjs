// Services as processes of their own over real servers. One that ends is started again, as a cluster does.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { openStore } from '@palimpsest/platform';
import { freePort } from '../servers/ports.mjs';
import { startKafka, startMinio, startPostgres } from '../servers/servers.mjs';

const program = path.resolve(import.meta.dirname, '../../../services/cli/bin/palimpsest.js');
export const serviceNames = ['api', 'ingestion', 'training', 'activations', 'analysis', 'reporting'];

/** Leases short, so that what is lost is found soon; losses as many as there are faults. */
const settings = { LEASE_SECONDS: '6', MAX_INTERRUPTIONS: '1000', MAX_ATTEMPTS: '20', LOG_LEVEL: 'info' };

export class Deployment {
  #processes = new Map();
  #closing = false;

  /**
   * @param {{ folder: string, env?: Record<string, string>, objects?: string }} options `env` wins over what leads to
   *   the servers; `objects` is the folder of the object store
   */
  static async start({ folder, env = {}, objects }) {
    const [kafka, minio, postgres] = await Promise.all([
      startKafka(),
      startMinio({ data: objects }),
      startPostgres(),
    ]);
    const deployment = new Deployment(folder, { kafka, minio, postgres }, env);
    await deployment.serve(serviceNames.map((service) => ({ name: service, service })));
    return deployment;
  }

  constructor(folder, servers, env) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.servers = servers;
    const { kafka, minio, postgres } = servers;
    this.env = {
      ...{ BUS_URL: kafka.url, STORE_URL: minio.url, DATABASE_URL: postgres.url },
      ...{ ...kafka.env, ...minio.env, ...postgres.env, DATA_DIR: path.join(folder, 'data') },
      ...{ ...settings, ...env },
    };
    this.store = openStore(this.env.STORE_URL, { env: { ...process.env, ...this.env } });
  }

  /** Starts every service anew, with other settings. */
  async serveWith(env) {
    await Promise.all(this.names.map((name) => this.stop(name)));
    await this.serve(serviceNames.map((service) => ({ name: service, service, env })));
  }

  /** Names of what runs. */
  get names() {
    return [...this.#processes.keys()];
  }

  /** Where the api of a name listens. */
  url(name = 'api') {
    return `http://127.0.0.1:${this.#processes.get(name).port}`;
  }

  /**
   * Starts processes, and waits until they are ready.
   * @param {{ name: string, service: string, env?: Record<string, string> }[]} wanted
   */
  async serve(wanted) {
    for (const each of wanted) {
      const process = { ...each, port: await freePort(), ended: undefined, wanted: true };
      this.#processes.set(each.name, process);
      this.#spawn(process);
    }
    await Promise.all(wanted.map(({ name }) => this.ready(name)));
  }

  #spawn(managed) {
    const { name, service, port, env = {} } = managed;
    const child = spawn(process.execPath, [program, 'serve', service], {
      env: { ...process.env, ...this.env, ...env, HTTP_PORT: `${port}`, NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.pipe(createWriteStream(path.join(this.folder, `${name}.log`), { flags: 'a' }));
    managed.child = child;
    managed.ended = new Promise((resolve) => child.once('exit', resolve)).then(async () => {
      if (!managed.wanted || this.#closing) return;
      await sleep(300);
      if (managed.wanted && !this.#closing) this.#spawn(managed);
    });
  }

  async ready(name) {
    const { port } = this.#processes.get(name);
    await until(`${name} is ready`, 180, async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(3000) });
      return answer.ok;
    });
  }

  /** Sends a signal to a process, which is started again when it ends by it. */
  signal(name, signal = 'SIGKILL') {
    this.#processes.get(name).child.kill(signal);
  }

  /** Ends a process for good. */
  async stop(name, signal = 'SIGTERM') {
    const managed = this.#processes.get(name);
    managed.wanted = false;
    managed.child.kill(signal);
    await managed.ended;
    this.#processes.delete(name);
  }

  /** Restarts a process in order, as a new version would take its place. */
  async restart(name) {
    const { ended } = this.#processes.get(name);
    this.signal(name, 'SIGTERM');
    await ended;
    await this.ready(name);
  }

  async query(text) {
    const client = new pg.Client({ connectionString: this.env.DATABASE_URL });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Forgets everything that studies left, so that the next one computes anew. */
  async wipe() {
    await this.query('truncate studies, tasks, nodes, dead_letters restart identity cascade');
    for await (const key of this.store.list('')) await this.store.deleteRecord(key);
  }

  /** Ends processes and servers. */
  async close() {
    this.#closing = true;
    await Promise.all(this.names.map((name) => this.stop(name)));
    await Promise.all(Object.values(this.servers).map((server) => server.remove()));
  }
}

/** Waits until something holds; an error counts as not yet. */
export async function until(what, seconds, holds) {
  const end = performance.now() + 1000 * seconds;
  for (let last; ;) {
    try {
      if (await holds()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end)
      throw new Error(`expected within ${seconds} s: ${what}${last ? ` (${last.message})` : ''}`);
    await sleep(100);
  }
}
