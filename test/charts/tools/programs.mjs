// Helm 3 and 4, and what checks a chart, from the Go module proxy; a few minutes to build, kept below
// PALIMPSEST_CHARTS. Needs go, and for the schemas python3 with pip; for Strimzi's mvn too.
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { cached, fetched } from '../../distributed/servers/cache.mjs';
import { run } from '../../distributed/servers/commands.mjs';

/** Package and version of each program. */
const programs = {
  helm: ['helm.sh/helm/v3/cmd/helm', 'v3.22.0'],
  helm4: ['helm.sh/helm/v4/cmd/helm', 'v4.3.1'],
  kubeconform: ['github.com/yannh/kubeconform/cmd/kubeconform', 'v0.8.0'],
  'kube-score': ['github.com/zegl/kube-score/cmd/kube-score', 'v1.20.0'],
  'helm-unittest': ['github.com/helm-unittest/helm-unittest', 'v1.1.2'],
};

/** Names of the programs. */
export const programNames = Object.keys(programs);

/** Where programs and schemas are kept: PALIMPSEST_CHARTS, or a folder below the user's cache. */
export const cacheOfCharts = () =>
  path.resolve(process.env.PALIMPSEST_CHARTS ?? path.join(homedir(), '.cache', 'palimpsest-charts'));

const entryOf = (name) => `${name}-${programs[name][1]}`;

/** The path of a program, or undefined where it was not fetched. */
export function programPath(name) {
  const folder = cached(cacheOfCharts(), entryOf(name));
  return folder && path.join(folder, name);
}

/** Why this machine cannot build the programs, in words. */
export const programsMissing = () =>
  spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0 ? undefined : 'no go to build them with';

/** Builds a program where it is not in the cache. @returns its path */
export async function fetchProgram(name) {
  const [, version] = programs[name];
  const fill = name === 'helm-unittest' ? buildCopy : install;
  return path.join(
    await fetched(cacheOfCharts(), entryOf(name), (folder) => fill(name, version, folder)),
    name,
  );
}

const goEnvironment = { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false -trimpath' };

async function install(name, version, folder) {
  const [source] = programs[name];
  const env = { ...process.env, ...goEnvironment, GOBIN: folder };
  await run('go', ['install', '-ldflags', '-s -w', `${source}@${version}`], { env });
  // Both are called helm.
  if (path.basename(source) !== name)
    await cp(path.join(folder, path.basename(source)), path.join(folder, name));
}

/** For a module that replaces others in its go.mod: `go install` refuses it. */
async function buildCopy(name, version, folder) {
  const copy = await mkdtemp(path.join(tmpdir(), 'palimpsest-go-'));
  try {
    await cp(await moduleFolder(programs[name][0], version), copy, { recursive: true });
    await run('chmod', ['-R', 'u+w', copy]);
    const env = { ...process.env, ...goEnvironment };
    const args = ['build', '-ldflags', '-s -w', '-o', path.join(folder, name), `./cmd/${name}`];
    await run('go', args, { cwd: copy, env });
    await chmod(path.join(folder, name), 0o755);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** The folder of a Go module's sources, downloaded where it is not there. */
export async function moduleFolder(module, version) {
  return JSON.parse(await run('go', ['mod', 'download', '-json', `${module}@${version}`])).Dir;
}
