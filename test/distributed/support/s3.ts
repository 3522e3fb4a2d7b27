import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { parseS3Url, s3Credentials } from '../../../libs/platform/src/store/s3/location.js';
import { S3Store, type S3StoreOptions } from '../../../libs/platform/src/store/s3-store.js';
import type { SharedServer } from '../servers/global-setup.js';

/** The object stores that specs share; undefined for one that this machine cannot run. */
export function s3Servers(): { name: string; server: SharedServer | undefined }[] {
  const { minio, seaweed } = inject('servers');
  return [
    { name: 'MinIO', server: minio },
    { name: 'SeaweedFS', server: seaweed },
  ];
}

/** Opens an S3 store as a program does, but with limits and retries of the test's choosing. */
export function openS3({ url, env }: SharedServer, options: Partial<S3StoreOptions> = {}): S3Store {
  return new S3Store(parseS3Url(url, env), { credentials: s3Credentials(env), ...options });
}

/** A store under a prefix of its own, so that it is empty. */
export function emptyS3Store({ url, env }: SharedServer, options: Partial<S3StoreOptions> = {}): S3Store {
  return openS3({ url: within(url, randomUUID()), env }, options);
}

/** The same store, below a prefix. */
export function within(url: string, prefix: string): string {
  const [place = '', query] = url.split('?');
  return `${place}/${prefix}?${query ?? ''}`;
}
