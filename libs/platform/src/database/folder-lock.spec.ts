import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockFolder } from './folder-lock.js';

describe('lockFolder', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palimpsest-db-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));

  it('refuses a folder that a process has, naming both, until it is let go', async () => {
    const path = join(folder, 'held');
    const unlock = await lockFolder(path);
    await expect(lockFolder(path)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(new RegExp(`${path} is in use by process ${process.pid} `)) as string,
    });
    await unlock();
    await (
      await lockFolder(path)
    )();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('takes over the lock of a process that was killed', async () => {
    const path = join(folder, 'stale');
    const script = join(folder, 'hold.mjs');
    const module = new URL('../../dist/database/folder-lock.js', import.meta.url).href;
    await writeFile(
      script,
      `import { lockFolder } from '${module}'; await lockFolder('${path}'); console.log('held'); setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    await expect(lockFolder(path)).rejects.toThrow(`process ${child.pid ?? 0} `);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (
      await lockFolder(path)
    )();
  });

  it('takes over a lock that was cut off while it was written', async () => {
    const path = join(folder, 'cut');
    await writeFile(`${path}.lock`, '{"ho');
    await (
      await lockFolder(path)
    )();
  });

  it.skipIf(process.platform !== 'linux')('tells a process from a later one with its number', async () => {
    const path = join(folder, 'reused');
    await writeFile(`${path}.lock`, JSON.stringify({ host: hostname(), pid: process.pid, started: '1' }));
    await (
      await lockFolder(path)
    )();
  });

  it('gives a stale lock to one of many processes that find it in the same instant', async () => {
    const path = join(folder, 'hammered');
    const script = join(folder, 'hammer.mjs');
    const module = new URL('../../dist/database/folder-lock.js', import.meta.url).href;
    await writeFile(script, hammer(module, path));
    const hands = Array.from({ length: 8 }, () => new Hand(script));
    await Promise.all(hands.map((hand) => hand.ask('ready')));
    for (let round = 0; round < 40; round++) {
      // Every third round the lock is one that was cut off while it was written.
      await writeFile(`${path}.lock`, round % 3 === 0 ? '{"ho' : lockOfNobody(round));
      const answers = await Promise.all(hands.map((hand) => hand.ask('take')));
      expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
      expect(new Set(answers)).toEqual(new Set(['held', 'conflict']));
      await Promise.all(hands.map((hand) => hand.ask('drop')));
    }
    hands.forEach((hand) => hand.end());
    expect(readdirSync(folder).filter((name) => name.startsWith('hammered'))).toEqual([]);
  }, 60_000);

  it('removes what a killed process was writing for the lock, or for a claim on it', async () => {
    const path = join(folder, 'unfinished');
    const writing = [hostname(), 2 ** 22 + 1, '1', 'some-id'].join('~');
    await writeFile(`${path}.lock.${writing}`, '');
    await writeFile(`${path}.lock.0123456789ab.${writing}`, '');
    await writeFile(`${path}.lock.0123456789ab.ba9876543210.${writing}`, '');
    const unlock = await lockFolder(path);
    expect(readdirSync(folder).filter((name) => name.startsWith('unfinished'))).toEqual(['unfinished.lock']);
    await unlock();
  });

  it('goes on where a process was killed while it took a lock over, and leaves nothing behind', async () => {
    const path = join(folder, 'halfway');
    const script = join(folder, 'halfway.mjs');
    const module = new URL('../../dist/database/folder-lock.js', import.meta.url).href;
    await writeFile(script, hammer(module, path));
    for (let round = 0; round < 8; round++) {
      await writeFile(`${path}.lock`, lockOfNobody(round));
      const hands = Array.from({ length: 2 }, () => new Hand(script));
      await Promise.all(hands.map((hand) => hand.ask('ready')));
      hands.forEach((hand) => hand.tell('take'));
      await Promise.all(hands.map((hand, i) => hand.killAfter(i + (round % 5))));
      const unlock = await lockFolder(path);
      await expect(lockFolder(path)).rejects.toMatchObject({ code: 'conflict' });
      await unlock();
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('halfway.lock'))).toEqual([]);
  }, 60_000);
});

/** The lock of a process that has ended. */
function lockOfNobody(round: number): string {
  return JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1 + round, started: '1' });
}

/** Takes and drops a lock as it is told, line by line. */
const hammer = (module: string, path: string) => `
import { createInterface } from 'node:readline';
import { lockFolder } from '${module}';
let unlock;
const say = (word) => process.stdout.write(word + '\\n');
for await (const word of createInterface({ input: process.stdin })) {
  if (word === 'take') await lockFolder('${path}').then((it) => ((unlock = it), say('held')), (error) => say(error.code));
  else { await unlock?.(); unlock = undefined; say(word); }
}`;

/** A process that does as it is told. */
class Hand {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(script: string) {
    this.#child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  tell(word: string): void {
    this.#child.stdin!.write(`${word}\n`);
  }

  async ask(word: string): Promise<string> {
    this.tell(word);
    return (await this.#lines.next()).value as string;
  }

  async killAfter(ms: number): Promise<void> {
    await sleep(ms);
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
