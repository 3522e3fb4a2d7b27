import { describe } from 'vitest';
import { describeStoreDriver } from '../../libs/platform/src/store/store-conformance.js';
import { emptyS3Store, s3Servers } from './support/s3.js';

for (const { name, server } of s3Servers())
  if (server) describeStoreDriver(`S3Store on ${name}`, () => Promise.resolve(emptyS3Store(server)));
  else describe.skip(`S3Store on ${name} (skipped: no server here)`, () => undefined);
