import { kafkaMissing } from './kafka.mjs';
import { minioMissing } from './minio.mjs';
import { postgresMissing } from './postgres.mjs';
import { seaweedMissing } from './seaweed.mjs';

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

/** Why this machine cannot run a server, in words; undefined when it can. */
export function missing(name, options) {
  return checks[name](options);
}
