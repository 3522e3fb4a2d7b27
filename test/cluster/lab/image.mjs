import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../distributed/servers/commands.mjs';

/**
 * Writes an image of one layer as `docker save` would, for `ctr images import`. No registry is asked for it.
 *
 * @param image `name` with its tag; `files` by their path in it; `links` by their path, with what they point to;
 *   `entrypoint`
 * @returns the path of the archive
 */
export async function makeImage(folder, { name, files, links = {}, entrypoint }) {
  const work = path.join(folder, name.replaceAll(/[/:]/g, '-'));
  const root = path.join(work, 'root');
  for (const each of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev'])
    await mkdir(path.join(root, each), { recursive: true });
  await chmod(path.join(root, 'tmp'), 0o1777);
  for (const [to, from] of Object.entries(files)) {
    await copyFile(from, path.join(root, to));
    await chmod(path.join(root, to), 0o755);
  }
  for (const [from, to] of Object.entries(links)) await symlink(to, path.join(root, from));
  await run('tar', ['-C', root, '-cf', path.join(work, 'layer.tar'), '.']);
  const digest = createHash('sha256')
    .update(await readFile(path.join(work, 'layer.tar')))
    .digest('hex');
  await writeFile(
    path.join(work, 'config.json'),
    JSON.stringify({
      ...{ architecture: 'amd64', os: 'linux' },
      config: { Entrypoint: entrypoint, Env: ['PATH=/bin'] },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    }),
  );
  const manifest = [{ Config: 'config.json', RepoTags: [`docker.io/${name}`], Layers: ['layer.tar'] }];
  await writeFile(path.join(work, 'manifest.json'), JSON.stringify(manifest));
  const archive = `${work}.tar`;
  await run('tar', ['-C', work, '-cf', archive, 'manifest.json', 'config.json', 'layer.tar']);
  return archive;
}
