import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** The saved image of a target, as `scripts/image/build.sh` or `test/cluster/servers/build.sh` leaves it, or undefined. */
export function savedImage(target: 'runtime' | 'runtime-gpu' | 'servers'): string | undefined {
  const cache = process.env.IMAGE_CACHE ?? path.join(homedir(), '.cache', 'palimpsest-images');
  const archive = path.join(cache, `${target}.tar`);
  return existsSync(archive) ? archive : undefined;
}
