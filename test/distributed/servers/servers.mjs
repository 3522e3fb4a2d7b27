import { fetchKafka, kafkaMissing } from './kafka.mjs';
import { fetchMinio, minioMissing } from './minio.mjs';
import { fetchPostgres, postgresMissing } from './postgres.mjs';
import { fetchSeaweed, seaweedMissing } from './seaweed.mjs';

export { startKafka } from './kafka.mjs';
export { startMinio } from './minio.mjs';
export { startPostgres } from './postgres.mjs';
export { startSeaweed } from './seaweed.mjs';

const checks = {
  kafka: kafkaMissing,
  minio: minioMissing,
  seaweed: seaweedMissing,
  postgres: postgresMissing,
};

const fetches = { kafka: fetchKafka, minio: fetchMinio, seaweed: fetchSeaweed, postgres: fetchPostgres };

/** Puts a server's programs into the cache, so that a later start is quick. */
export async function fetchServer(name, options) {
  await fetches[name](options);
}

/** Why this machine cannot run a server, in words; undefined when it can. */
export function missing(name, options) {
  return checks[name](options);
}
