import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'palimpsest-main-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A service program without tasks, on what `tsc -b` built. */
function start(env: Record<string, string>, ...args: string[]) {
  const platform = new URL('../dist/index.js', import.meta.url).href;
  const main = `import { PlatformModule, runMain } from '${platform}'; await runMain(PlatformModule, []);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', main, '--', 'main', ...args], {
    env: { ...process.env, DATA_DIR: folder, HTTP_PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { child, lines: createInterface({ input: child.stderr })[Symbol.asyncIterator]() };
}

describe('runMain', () => {
  it('serves until SIGTERM, and says where', async () => {
    const { child, lines } = start({});
    const first = JSON.parse(String((await lines.next()).value)) as { url: string };
    const ready = await fetch(`${first.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, waitingFor: [] }]);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
  });

  it('says what is wrong with a setting, in one line', async () => {
    const { child, lines } = start({ BUS_URL: 'amqp:' });
    expect((await lines.next()).value).toMatch(/^BUS_URL: expected/);
    expect((await once(child, 'exit'))[0]).toBe(1);
  });

  it('refuses to work on a kind it does not know', async () => {
    const { child, lines } = start({}, 'work', 'compare', 'a');
    expect((await lines.next()).value).toMatch(/task kind "compare"/);
    expect((await once(child, 'exit'))[0]).toBe(42);
  });
});
