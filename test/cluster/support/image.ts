import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** The saved image of a target, as `scripts/image/build.sh` leaves it, or undefined. */
export function archiveOf(target: 'runtime' | 'runtime-gpu'): string | undefined {
  const cache = process.env.IMAGE_CACHE ?? path.join(homedir(), '.cache', 'palimpsest-images');
  const archive = path.join(cache, `${target}.tar`);
  return existsSync(archive) ? archive : undefined;
}

/** What a saved image is called. */
export function nameOf(archive: string): { repository: string; tag: string } {
  const manifest = execFileSync('tar', ['-xOf', archive, 'manifest.json'], { encoding: 'utf8' });
  const [{ RepoTags }] = JSON.parse(manifest) as [{ RepoTags: [string] }];
  const [, repository = '', tag = ''] = /^(.+):([^:]+)$/.exec(RepoTags[0]) ?? [];
  return { repository, tag };
}
