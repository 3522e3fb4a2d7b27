// Finds `promtool`, which checks rules of Prometheus; run as a program, it fetches the one that Debian has.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const cache = path.join(
  process.env.PALIMPSEST_SERVERS ?? path.join(homedir(), '.cache', 'palimpsest-servers'),
  'prometheus',
);
const fetched = path.join(cache, 'usr', 'bin', 'promtool');

/** Where promtool is; undefined where this machine has none. */
export function findPromtool() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return [fetched, ...folders.map((folder) => path.join(folder, 'promtool'))].find((file) =>
    existsSync(file),
  );
}

function fetch() {
  mkdirSync(cache, { recursive: true });
  execFileSync('apt-get', ['download', 'prometheus'], { cwd: cache, stdio: 'inherit' });
  const archive = readdirSync(cache).find((name) => name.endsWith('.deb'));
  execFileSync('dpkg-deb', ['-x', archive, '.'], { cwd: cache, stdio: 'inherit' });
}

if (import.meta.filename === process.argv[1]) {
  if (findPromtool() === undefined) fetch();
  console.log(findPromtool());
}
