import { Client } from 'minio';

/** The bucket that a started object store has. */
export const bucket = 'palimpsest';

const probe = 'palimpsest-ready';

/** What STORE_URL takes. */
export const storeUrl = (port) => `s3://${bucket}?endpoint=http://127.0.0.1:${port}`;

/**
 * Resolves when an object store takes an object and gives it back, and has the bucket. An answer to a health check is
 * not enough: a store that was killed may answer before it can write again. The object goes to a bucket of its own.
 */
export async function takesObjects(port, { accessKey, secretKey }) {
  const client = new Client({
    endPoint: '127.0.0.1',
    port,
    useSSL: false,
    accessKey,
    secretKey,
    retryOptions: { disableRetry: true },
  });
  await makeBucket(client, probe);
  await client.putObject(probe, 'ready', 'ready');
  await client.statObject(probe, 'ready');
  await makeBucket(client, bucket);
}

async function makeBucket(client, name) {
  if (!(await client.bucketExists(name))) await client.makeBucket(name);
}
