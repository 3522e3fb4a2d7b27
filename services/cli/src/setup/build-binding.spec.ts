import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildBinding } from './build-binding.js';

const missing = spawnSync('g++', ['--version']).status === 0 ? '' : ' (skipped: no g++)';
const folders: string[] = [];

/** A package whose sources know where they lie, with libraries of TensorFlow's names that hold nothing. */
function folderWithSources(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'binding-'));
  folders.push(folder);
  const home = path.join(folder, 'node_modules', 'tfjs');
  const libraries = path.join(home, 'deps', 'lib');
  for (const each of ['binding', 'deps/lib']) mkdirSync(path.join(home, each), { recursive: true });
  for (const name of ['backend', 'binding']) {
    const source = `const char *${name}() { return __FILE__; }\n`;
    writeFileSync(path.join(home, 'binding', `tfjs_${name}.cc`), source);
  }
  for (const name of ['cc', 'framework']) {
    const library = path.join(libraries, `libtensorflow_${name}.so.2`);
    execFileSync('g++', ['-shared', '-x', 'c++', '/dev/null', '-o', library]);
  }
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe.skipIf(missing !== '')(`the binding of TensorFlow${missing}`, () => {
  it('has the same bytes in whichever folder it is built', async () => {
    const built: Buffer[] = [];
    for (const folder of [folderWithSources(), folderWithSources()]) {
      await buildBinding({ folder, package: 'tfjs', include: path.join(folder, 'include') });
      built.push(readFileSync(path.join(folder, 'node_modules/tfjs/lib/napi-v8/tfjs_binding.node')));
    }
    expect(built[0]?.equals(built[1] as Buffer)).toBe(true);
    expect(built[0]?.includes('./node_modules/tfjs/binding/tfjs_backend.cc')).toBe(true);
  });
});
