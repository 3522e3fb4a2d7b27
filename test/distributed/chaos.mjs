// Studies one after the other under a seeded mixture of faults; each must end in the report of an undisturbed run.
//
//   npm run chaos -- [--minutes 20] [--seed 7]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Deployment } from './chaos/deployment.mjs';
import { drawFault } from './chaos/faults.mjs';
import { reference, trial } from './chaos/trial.mjs';
import { randomFrom } from '../support/random.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 20);
const seed = Number(values.seed ?? 7);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error(`chaos: expected --minutes N and --seed N, found ${JSON.stringify(values)}`);
  process.exit(2);
}

const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-chaos-'));
console.log(`chaos: seed ${seed}, ${minutes} min; logs in ${folder}`);
const undisturbed = await reference(folder);
const deployment = await Deployment.start({ folder });
const end = performance.now() + 60_000 * minutes;
let failed = 0;
for (let study = 1; performance.now() < end && failed === 0; study++) {
  const random = randomFrom(seed * 1000 + study);
  const faults = [];
  const problems = await trial(deployment, undisturbed, {
    disturb: mixture(random, faults),
    seconds: 600,
    allowed: ['corrupt'],
  });
  failed += problems.length;
  console.log(
    `study ${study}: ${faults.length} faults, ${problems.length === 0 ? 'as undisturbed' : problems.join('\n  ')}`,
  );
}
await deployment.close();
if (failed > 0) console.error(`chaos: seed ${seed} found something; its logs are in ${folder}`);
else rmSync(folder, { recursive: true });
process.exitCode = failed > 0 ? 1 : 0;

/** Faults a few seconds apart until the study is done, with a rest after five so that it gets on. */
function mixture(random, faults) {
  return async ({ signal, altered }) => {
    for (let i = 0; i < 25 && !signal.aborted; i++) {
      const { what, act } = drawFault(random);
      await sleep(1000 + 5000 * random() + (i % 5 === 4 ? 8000 : 0));
      if (signal.aborted) return;
      faults.push(what);
      const object = await act(deployment, random);
      if (what === 'alter an object') altered.add(object);
      console.log(`  ${what} ${object ?? ''}`);
    }
  };
}
