/**
 * Speed of similarities: the plain linear algebra, OpenBLAS and numpy, each in a process of its own.
 *
 *     node benchmarks/similarity/similarity.mjs [--channels 256,512,1024] [--points 10000] [--threads 1,2] [--rounds 3]
 *
 * Python with numpy is PALIMPSEST_PYTHON; what is missing is skipped by name. Rounds go through all programs in turn; a
 * figure is the best of them, as whatever disturbs a measurement makes it slower. Prints how many times as fast as the
 * plain one each is, as a table. Needs `tsc -b`.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);
const at = (file) => path.resolve(import.meta.dirname, file);
const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '256,512,1024' },
    points: { type: 'string', default: '10000' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '3' },
  },
});
const numbers = (list) => list.split(',').map(Number);
const python = process.env.PALIMPSEST_PYTHON;

/** The plain one knows no threads, so it is measured once. */
const programs = [
  { title: 'plain', threads: 1, command: (job) => [process.execPath, at('ours.mjs'), 'plain', job] },
  ...numbers(values.threads).flatMap((threads) => [
    {
      title: `OpenBLAS, ${threads} thread(s)`,
      threads,
      command: (job) => [process.execPath, at('ours.mjs'), 'openblas', job],
    },
    {
      title: `numpy, ${threads} thread(s)`,
      threads,
      command: (job) => python && [python, at('numpy_similarity.py'), job],
    },
  ]),
];

const skipped = new Set();
const names = new Set();
const rows = [];
for (const channels of numbers(values.channels)) {
  const best = new Map();
  for (let round = 0; round < Number(values.rounds); round++)
    for (const program of programs) keepBest(best, program.title, await measure(program, channels));
  const plain = best.get('plain');
  for (const [what, seconds] of Object.entries(plain)) {
    const ratios = programs.slice(1).map(({ title }) => {
      const other = best.get(title)?.[what];
      return other === undefined ? '–' : (seconds / other).toFixed(1);
    });
    rows.push([`${what}, ${channels}`, ...ratios]);
  }
}
const heads = ['what, channels', ...programs.slice(1).map(({ title }) => title)];
for (const row of [heads, heads.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
console.log([...names].join('; '));
for (const what of skipped) console.log(`skipped: ${what}`);

async function measure({ title, threads, command }, channels) {
  const line = command(JSON.stringify({ points: Number(values.points), channels, threads }));
  if (!line) return void skipped.add(`${title}: PALIMPSEST_PYTHON names no Python`);
  const env = { ...process.env, OPENBLAS_NUM_THREADS: String(threads) };
  try {
    const { stdout } = await run(line[0], line.slice(1), { env, cwd: at('../../services/analysis') });
    const { name, seconds } = JSON.parse(stdout.trim().split('\n').at(-1));
    names.add(name);
    return seconds;
  } catch (error) {
    skipped.add(`${title}: ${error.stderr?.trim().split('\n').at(-1) ?? error.message}`);
  }
}

function keepBest(best, title, seconds) {
  if (!seconds) return;
  const before = best.get(title) ?? {};
  const entries = Object.entries(seconds).map(([what, s]) => [what, Math.min(s, before[what] ?? Infinity)]);
  best.set(title, Object.fromEntries(entries));
}
