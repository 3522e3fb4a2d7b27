// One study under faults, and what must hold when it is over.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { checkStore } from '@palimpsest/platform';
import { writeTinyStudy } from '../../support/tiny-study.mjs';
import { until } from './deployment.mjs';

const run = promisify(execFile);
const LATE_MS = 15_000;
const program = path.resolve(import.meta.dirname, '../../../services/cli/bin/palimpsest.js');

/** Hash of every file of a report, by relative path. */
export function hashesOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const hashes = files.map((file) => {
    const full = path.join(file.parentPath, file.name);
    return [path.relative(folder, full), createHash('sha256').update(readFileSync(full)).digest('hex')];
  });
  return Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A small study, and the report that one process makes of it, undisturbed. @param folds of its target */
export async function reference(folder, { folds = 2 } = {}) {
  const study = await writeTinyStudy(folder);
  const text = readFileSync(study, 'utf8');
  writeFileSync(study, text.replace('split: { folds: 2 }', `split: { folds: ${folds} }`));
  const out = path.join(folder, 'undisturbed');
  const environment = { PATH: process.env.PATH, HOME: process.env.HOME };
  const args = ['run', study, '--data', path.join(folder, 'embedded'), '--out', out];
  await run(process.execPath, [program, ...args], { env: environment });
  return { folder, study, hashes: hashesOf(out) };
}

/**
 * Runs the study of a reference on a deployment that holds nothing, while `disturb` does its worst.
 *
 * @param fresh false where what an earlier run left is to be gone on with
 * @param disturb is given `after(n)`, which resolves when n tasks are done; it may add to `altered` keys that it has
 *   altered in the store, which count as found only if somebody reads them again
 * @returns what does not hold: nothing, if all is well
 */
export async function trial(
  deployment,
  { folder, study, hashes },
  { disturb, api = 'api', seconds = 500, allowed = [], fresh = true },
) {
  if (fresh) await deployment.wipe();
  const out = mkdtempSync(path.join(folder, 'disturbed-'));
  const stop = new AbortController();
  const altered = new Set();
  const running = runToItsEnd({ study, out, deployment, api, seconds });
  const after = async (count) => {
    await until(
      `${count} tasks are done`,
      seconds,
      async () => stop.signal.aborted || (await doneTasks(deployment)) >= count,
    );
    return !stop.signal.aborted;
  };
  // Of both the end is waited for: the next trial wants the deployment for itself.
  const [ran, disturbed] = await Promise.allSettled([
    running.finally(() => stop.abort()),
    disturb({ after, signal: stop.signal, altered }),
  ]);
  const failed = [disturbed, ran].find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  const problems = ran.value === undefined ? [] : [ran.value];
  if (problems.length === 0) problems.push(...differences(hashes, hashesOf(out)));
  return [...problems, ...(await leftInTheEnd(deployment, { allowed, altered }))];
}

/** @returns why it did not end well; undefined when it did */
async function runToItsEnd({ study, out, deployment, api, seconds }) {
  const end = performance.now() + 1000 * seconds;
  for (let last = 'it was not run'; ;) {
    const timeout = Math.ceil(end - performance.now());
    if (timeout <= 0) return `study not done within ${seconds} s: ${last}`;
    try {
      const args = ['run', study, '--server', deployment.url(api), '--out', out];
      await run(process.execPath, [program, ...args], {
        timeout,
        env: { ...process.env, LOG_LEVEL: 'error' },
      });
      return undefined;
    } catch (error) {
      last = `exit ${error.code}: ${error.stderr?.slice(-600)}`;
      // 75: something did not answer, and a person would run it again.
      if (error.code !== 75) return last;
    }
  }
}

async function doneTasks(deployment) {
  const [{ count }] = await deployment.query(
    `select count(*)::integer as count from tasks where status = 'done'`,
  );
  return count;
}

function differences(expected, found) {
  const paths = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...paths]
    .filter((each) => expected[each] !== found[each])
    .map((each) => `report differs in ${each}`);
}

/** As `leftBehind`: a task may have been done twice, and who was late is putting away what it has. */
async function leftInTheEnd(deployment, options) {
  for (const end = performance.now() + LATE_MS; ;) {
    const left = await leftBehind(deployment, options);
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(1000);
  }
}

/** What must not be there once a study is done. @param allowed kinds of orphan that the faults leave on purpose */
async function leftBehind(deployment, { allowed, altered }) {
  const tasks = await deployment.query(`select id, kind, status from tasks where status <> 'done'`);
  const nodes = await deployment.query(`select key, status from nodes where status <> 'done'`);
  const { orphans, missing } = await checkStore(deployment.store, { verify: true });
  // Of a tree whose altered listing nobody reads again, nobody can say what belongs to it.
  const unlisted = [...altered].flatMap((key) => /^.*\/(?=\.listing\/)/.exec(key) ?? []);
  const isKnown = ({ key, kind }) =>
    allowed.includes(kind) || unlisted.some((prefix) => key.startsWith(prefix));
  return [
    ...tasks.map(({ kind, id, status }) => `task ${kind} ${id} is ${status}`),
    ...nodes.map(({ key, status }) => `node ${key} is ${status}`),
    ...orphans.filter((orphan) => !isKnown(orphan)).map(({ key, kind }) => `orphan ${key}: ${kind}`),
    ...missing.filter(({ key }) => !altered.has(key)).map(({ key, problem }) => `${key} is ${problem}`),
  ];
}
