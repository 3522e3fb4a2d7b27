import { fileURLToPath } from 'node:url';
import type { Lab } from '../lab/lab.mjs';

const manifests = fileURLToPath(new URL('../servers/servers.yaml', import.meta.url));

/** What pods call the servers. */
export const addresses = {
  bus: 'kafka.servers:9092',
  store: 'minio.servers:9000',
  database: 'postgres.servers:5432',
};

/** What S3_ACCESS_KEY and the like are. */
export const credentials = { S3_ACCESS_KEY: 'palimpsest', S3_SECRET_KEY: 'palimpsest-secret' };

/** The chart's values that speak of them. */
export const values = {
  bus: { url: `kafka://${addresses.bus}` },
  store: { url: `s3://palimpsest?endpoint=http://${addresses.store}`, existingSecret: 'store' },
  database: { url: `postgres://postgres@${addresses.database}/postgres` },
  networkPolicy: { busTo: peers('kafka'), storeTo: peers('minio'), databaseTo: peers('postgres') },
};

function peers(app: string): object[] {
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'servers' } };
  return [{ namespaceSelector, podSelector: { matchLabels: { app } } }];
}

/** Starts Kafka, MinIO and PostgreSQL in a namespace of their own. */
export async function startServers(lab: Lab): Promise<void> {
  await lab.kubectl('apply', '--filename', manifests);
  const ready = ['rollout', 'status', 'daemonset', '--timeout=180s'];
  await lab.kubectl('--namespace', 'servers', ...ready);
}
