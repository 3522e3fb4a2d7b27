import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PlatformError } from '@palimpsest/contracts';
import { lastWords } from './last-words.js';

const run = promisify(execFile);

/** Where the parts of a binding lie, all below one folder that may be moved. */
export interface BindingParts {
  /** With `node_modules`, which hold tfjs-node and Node's headers. */
  folder: string;
  /** Package that gets the binding. */
  package: string;
  /** TensorFlow's headers. */
  include: string;
}

/** Says that a compiler is there. @throws PlatformError `not-found`, with what to install */
export async function requireCompiler(): Promise<void> {
  try {
    await run('g++', ['--version']);
  } catch (cause) {
    const message =
      "g++: expected a C++ compiler to build TensorFlow's binding with, found none; install it (on Debian: apt-get install g++)";
    throw new PlatformError('not-found', message, { cause });
  }
}

/**
 * Compiles tfjs-node's binding, as its sources are, against the libraries in its `deps/lib`.
 *
 * @throws PlatformError `invalid` with what the compiler said last
 */
export async function buildBinding({ folder, package: name, include }: BindingParts): Promise<void> {
  const home = path.join(folder, 'node_modules', name);
  // The newest that tfjs-node looks for, where Node has it.
  const version = Math.min(8, Number(process.versions.napi));
  const target = path.join(home, 'lib', `napi-v${version}`, 'tfjs_binding.node');
  const libraries = path.join(home, 'deps', 'lib');
  await mkdir(path.dirname(target), { recursive: true });
  // Without the name of a folder, so that the same sources give the same bytes.
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-s', `-ffile-prefix-map=${folder}=.`];
  const defines = [`NAPI_VERSION=${version}`, 'NODE_GYP_MODULE_NAME=tfjs_binding', 'BUILDING_NODE_EXTENSION'];
  const includes = [home, path.join(folder, 'node_modules', 'node-api-headers', 'include'), include];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => path.join(home, 'binding', file));
  const args = [
    ...flags,
    ...defines.map((define) => `-D${define}`),
    ...includes.map((each) => `-I${each}`),
    ...sources,
    ...['-o', target, `-L${libraries}`],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/../../deps/lib'],
  ];
  try {
    await run('g++', args);
  } catch (error) {
    throw new PlatformError('invalid', `g++ could not build TensorFlow's binding:\n${lastWords(error)}`, {
      cause: error,
    });
  }
}
