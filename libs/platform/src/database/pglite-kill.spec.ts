import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase } from './open-database.js';

const KILLS = 10;

/** Writes rows in transactions for ever, and says each one's number when it is committed. */
const writer = (module: string, url: string, first: number) => `
import { sql } from '${import.meta.resolve('kysely')}';
import { connectDatabase } from '${module}';
const db = await connectDatabase({ DATABASE_URL: '${url}' });
await sql\`create table if not exists kept (n integer primary key, filler text)\`.execute(db);
process.stdout.write('open\\n');
for (let n = ${first}; ; n++) {
  await db.transaction().execute(async (trx) => {
    await sql\`insert into kept values (\${n}, repeat('x', 3000))\`.execute(trx);
    await sql\`update kept set filler = repeat('y', 2000) where n = \${n}\`.execute(trx);
  });
  if (n % 50 === 49) await sql\`checkpoint\`.execute(db);
  process.stdout.write(n + '\\n');
}`;

/** A small generator with a seed, so that a failure can be repeated. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('the embedded database', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'palimpsest-kill-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it(`opens again with all that was committed, however often its process is killed (seed 7, ${KILLS} times)`, async () => {
    const random = seeded(7);
    const url = `pglite:${join(folder, 'db')}`;
    const module = new URL('../../dist/database/open-database.js', import.meta.url).href;
    const script = join(folder, 'writer.mjs');
    let next = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await writeFile(script, writer(module, url, next));
      const committed = await writeUntilKilled(script, random);
      const db = await connectDatabase({ DATABASE_URL: url });
      await sql`create table if not exists kept (n integer primary key, filler text)`.execute(db);
      const { rows } = await sql<{ n: number; last: number; whole: boolean }>`
        select count(*) as n, coalesce(max(n), -1) as last, coalesce(bool_and(filler = repeat('y', 2000)), true) as whole
        from kept`.execute(db);
      await db.destroy();
      const found = rows[0]!;
      expect(found).toEqual({ n: found.last + 1, last: found.last, whole: true });
      expect(found.last).toBeGreaterThanOrEqual(committed);
      next = found.last + 1;
    }
    expect(next).toBeGreaterThan(0);
  }, 600_000);
});

/** @returns the last number that was committed; now and then the process is killed before it has opened */
async function writeUntilKilled(script: string, random: () => number): Promise<number> {
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  let last = -1;
  lines.on('line', (line) => {
    if (line !== 'open') last = Number(line);
  });
  const ended = once(lines, 'close');
  if (random() < 0.7) await Promise.race([once(lines, 'line'), exited]);
  await sleep(random() * 1000);
  child.kill('SIGKILL');
  expect((await exited)[1]).toBe('SIGKILL');
  await ended;
  return last;
}
