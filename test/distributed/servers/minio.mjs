// MinIO, an object store that speaks S3. GNU Affero General Public License 3.0: it is run as a program of its own, for
// tests; nothing of it is part of Palimpsest.
// Built from the Go module proxy: github.com/minio/minio, release 2026-02-12; about 3 minutes, 110 MB.
// Needs go to be fetched, nothing to run.
import path from 'node:path';
import { storeUrl, takesObjects } from './buckets.mjs';
import { cached, cacheFolder, fetched } from './cache.mjs';
import { has, run } from './commands.mjs';
import { freePort } from './ports.mjs';
import { dataFolder, serve } from './server.mjs';

const credentials = { accessKey: 'palimpsest', secretKey: 'palimpsest-secret' };
const release = '2026-02-12T20:18:48Z';

/** Why this machine cannot run MinIO, in words. */
export function minioMissing(options = {}) {
  if (!cached(cacheFolder(options), entry(options)) && !has('go', 'version')) return 'no go to build it with';
  return undefined;
}

/** The folder of MinIO's program, built when it is not in the cache. */
export function fetchMinio(options = {}) {
  return fetched(cacheFolder(options), entry(options), (folder) => build(version(options), folder));
}

/** Starts an object store that has the bucket `palimpsest`. */
export async function startMinio(options = {}) {
  const folder = await fetchMinio(options);
  const data = await dataFolder('minio', options);
  const port = options.port ?? (await freePort());
  return serve({
    name: 'minio',
    version: options.version ?? release,
    port,
    url: storeUrl(port),
    env: { S3_ACCESS_KEY: credentials.accessKey, S3_SECRET_KEY: credentials.secretKey },
    data,
    options,
    command: () => command(path.join(folder, 'minio'), data, `127.0.0.1:${port}`),
    ready: () => takesObjects(port, credentials),
  });
}

const version = (options) => options.version ?? 'v0.0.0-20260212201848-7aac2a2c5b7c';
const entry = (options) => `minio-${version(options)}`;

function command(program, data, address) {
  const env = {
    MINIO_ROOT_USER: credentials.accessKey,
    MINIO_ROOT_PASSWORD: credentials.secretKey,
    MINIO_BROWSER: 'off',
    MINIO_UPDATE: 'off',
    MINIO_CALLHOME_ENABLE: 'off',
  };
  return {
    program,
    args: ['server', '--quiet', '--address', address, path.join(data, 'objects')],
    env,
  };
}

async function build(wanted, folder) {
  const tag = `RELEASE.${release.replaceAll(':', '-')}`;
  const names = `-X github.com/minio/minio/cmd.ReleaseTag=${tag} -X github.com/minio/minio/cmd.Version=${release}`;
  const args = [
    'install',
    '-tags',
    'kqueue',
    '-trimpath',
    '-ldflags',
    `-s -w ${names}`,
    `github.com/minio/minio@${wanted}`,
  ];
  await run('go', args, {
    env: { ...process.env, CGO_ENABLED: '0', GOBIN: folder, GOFLAGS: '-buildvcs=false' },
  });
}
