import { execFile } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PlatformError } from '@palimpsest/contracts';
import type { DownloadOptions } from '../download/download.js';
import { buildBinding, requireCompiler } from './build-binding.js';
import { lastWords } from './last-words.js';
import { downloadWheel, extractWheel, wheels } from './wheel.js';

const run = promisify(execFile);

export interface TensorflowSetup {
  gpu: boolean;
  /** Folder that gets a folder `cpu` or `gpu`; one that is there is replaced at the end. */
  home: string;
  /** An installed TensorFlow with `lib` and `include`, which is linked instead of downloading one. */
  library?: string | undefined;
  /** Python package index. */
  index: string;
  signal: AbortSignal;
  /** Hears what is being done. */
  progress: (what: string) => void;
  onDownload: DownloadOptions['onProgress'];
}

const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
const lock = fileURLToPath(new URL('../../tensorflow', import.meta.url));

/**
 * Installs tfjs-node on a TensorFlow of today: the library out of a Python wheel, the binding compiled against it. All
 * or nothing.
 *
 * @returns TensorFlow's version, as the binding says that it runs
 * @throws PlatformError saying what is missing, what could not be reached or what is not as it should be
 */
export async function setUpTensorflow(setup: TensorflowSetup): Promise<string> {
  requirePlatform(setup);
  if (setup.library !== undefined) await requireLibrary(setup.library);
  await requireCompiler();
  const place = path.join(setup.home, setup.gpu ? 'gpu' : 'cpu');
  await mkdir(setup.home, { recursive: true });
  const folder = await mkdtemp(path.join(setup.home, '.new-'));
  try {
    await installPackages(folder, setup);
    await addLibrary(folder, setup);
    setup.progress('compiling the binding');
    await buildBinding({ folder, package: packageOf(setup), include: path.join(folder, 'include') });
    await clean(folder);
    setup.progress('trying it');
    const version = await tryOut(folder, setup);
    // A temporary folder is its owner's alone.
    await chmod(folder, 0o755);
    await rm(place, { recursive: true, force: true });
    await rename(folder, place);
    return version;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

const packageOf = ({ gpu }: Pick<TensorflowSetup, 'gpu'>) =>
  gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';

function requirePlatform({ library }: TensorflowSetup): void {
  const { platform, arch } = process;
  if (platform === 'linux' && (arch === 'x64' || library !== undefined)) return;
  const expected = library === undefined ? 'Linux on x64' : 'Linux';
  throw new PlatformError('invalid', `setup tensorflow: expected ${expected}, found ${platform} on ${arch}`);
}

async function requireLibrary(folder: string): Promise<void> {
  const found = await readdir(path.join(folder, 'lib')).catch(() => [] as string[]);
  const missing = libraries.find((each) => !found.includes(each));
  if (missing === undefined) return;
  throw new PlatformError('not-found', `${folder}: expected lib/${missing}, found no such file`);
}

/** What the lock file names, by its hashes, without the scripts that would download an old TensorFlow. */
async function installPackages(folder: string, { progress }: TensorflowSetup): Promise<void> {
  progress('installing tfjs-node');
  for (const file of await readdir(lock)) await copyFile(path.join(lock, file), path.join(folder, file));
  try {
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  } catch (error) {
    throw new PlatformError('unavailable', `npm could not install tfjs-node:\n${lastWords(error)}`, {
      cause: error,
    });
  }
}

/** Puts TensorFlow's library where the package looks for it, and its headers into `include`. */
async function addLibrary(folder: string, setup: TensorflowSetup): Promise<void> {
  const to = path.join(folder, 'node_modules', packageOf(setup), 'deps', 'lib');
  await mkdir(to, { recursive: true });
  if (setup.library === undefined) await addWheel(folder, to, setup);
  else await linkLibrary(setup.library, { folder, to });
}

async function addWheel(folder: string, to: string, setup: TensorflowSetup): Promise<void> {
  const { gpu, home, index, signal, progress, onDownload } = setup;
  const wheel = wheels[gpu ? 'gpu' : 'cpu'];
  const part = path.join(home, `${wheel.file}.part`);
  progress(`downloading ${wheel.file}`);
  await downloadWheel(wheel, { index, part, signal, onProgress: onDownload });
  progress('unpacking');
  const headers =
    /^tensorflow\/include\/(tensorflow\/c\/|tensorflow\/core\/platform\/ctstring|tsl\/platform\/ctstring|xla\/tsl\/c\/)/;
  await extractWheel(part, (name) => {
    if (headers.test(name)) return path.join(folder, name.slice('tensorflow/'.length));
    const library = libraries.find((each) => name === `tensorflow/${each}`);
    return library && path.join(to, library);
  });
  await rm(part);
}

async function linkLibrary(library: string, { folder, to }: { folder: string; to: string }): Promise<void> {
  const from = path.resolve(library);
  for (const each of libraries) await symlink(path.join(from, 'lib', each), path.join(to, each));
  await cp(path.join(from, 'include'), path.join(folder, 'include'), { recursive: true });
}

/** What was needed for building alone. */
async function clean(folder: string): Promise<void> {
  const built = ['include', path.join('node_modules', 'node-api-headers')];
  for (const each of built) await rm(path.join(folder, each), { recursive: true, force: true });
}

/** In a process of its own, as a library that does not fit may end it. */
async function tryOut(folder: string, { gpu }: TensorflowSetup): Promise<string> {
  const networks = import.meta.resolve('@palimpsest/networks');
  const script = `
    const { tensorflowEngine } = await import(${JSON.stringify(networks)});
    const engine = tensorflowEngine(${JSON.stringify({ gpu, folder, deterministic: false })});
    process.stdout.write((await engine.describe()).version);
  `;
  try {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    return stdout;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    const reason = /could not be loaded: .*/.exec(said)?.[0] ?? said.trim().split('\n').at(-1) ?? '';
    throw new PlatformError('invalid', `TensorFlow ${reason}`, { cause: error });
  }
}
