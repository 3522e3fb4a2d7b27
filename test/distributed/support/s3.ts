import { randomUUID } from 'node:crypto';
import { parseS3Url, s3Credentials } from '../../../libs/platform/src/store/s3/location.js';
import { S3Store, type S3StoreOptions } from '../../../libs/platform/src/store/s3-store.js';

/** A server that speaks S3: what STORE_URL takes, and the settings beside it. */
export interface S3Server {
  url: string;
  env: Record<string, string>;
}

/** The servers that this run may use; undefined where there is none. */
export function s3Servers(env = process.env): { name: string; server: S3Server | undefined }[] {
  const given = (name: string): S3Server | undefined => {
    const url = env[`TEST_${name}_URL`];
    const accessKey = env[`TEST_${name}_ACCESS_KEY`] ?? '';
    return url === undefined
      ? undefined
      : { url, env: { S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: env[`TEST_${name}_SECRET_KEY`] ?? '' } };
  };
  return [
    { name: 'MinIO', server: given('MINIO') },
    { name: 'SeaweedFS', server: given('SEAWEED') },
  ];
}

/** A store under a prefix of its own, so that it is empty. */
export async function emptyS3Store(
  { url, env }: S3Server,
  options: Partial<S3StoreOptions> = {},
): Promise<S3Store> {
  const location = parseS3Url(url, env);
  const prefix = `${location.prefix}${randomUUID()}/`;
  return Promise.resolve(new S3Store({ ...location, prefix }, { credentials: s3Credentials(env), ...options }));
}
