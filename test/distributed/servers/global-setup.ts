import type { TestProject } from 'vitest/node';
import { missing, startKafka, startMinio, startPostgres, startSeaweed } from './servers.mjs';
import type { Server, ServerName } from './servers.mjs';

/** How a spec reaches a server that it shares with other specs: topics, buckets and databases of its own, please. */
export interface SharedServer {
  /** What BUS_URL, STORE_URL or DATABASE_URL takes. */
  url: string;
  /** The settings to give besides. */
  env: Record<string, string>;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The servers that this machine can run; a spec is skipped, by name, when its server is not among them. */
    servers: Partial<Record<ServerName, SharedServer>>;
  }
}

const titles = { kafka: 'Kafka', minio: 'MinIO', seaweed: 'SeaweedFS', postgres: 'PostgreSQL' };
const starters = { kafka: startKafka, minio: startMinio, seaweed: startSeaweed, postgres: startPostgres };
const names = Object.keys(starters) as ServerName[];

/** Starts, beside each other, the servers that this machine can run, and says which it cannot; removes them at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = (await Promise.all(names.map(startIfPossible))).filter((server) => server !== undefined);
  const shared = started.map(({ name, url, env }) => [name, { url, env }] as const);
  project.provide('servers', Object.fromEntries(shared));
  return async () => {
    await Promise.all(started.map((server) => server.remove()));
  };
}

async function startIfPossible(name: ServerName): Promise<Server | undefined> {
  const reason = missing(name);
  if (reason !== undefined) {
    console.log(`${titles[name]} skipped: ${reason}`);
    return undefined;
  }
  const begin = performance.now();
  const server = await starters[name]();
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(`${titles[name]} ${server.version} at ${server.url} (${seconds} s)`);
  return server;
}
