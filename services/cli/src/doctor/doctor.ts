import { loadConfig, type Config } from '@palimpsest/platform';
import { exitCodes } from '../exit-codes.js';
import { runChecks, type Finding } from './check.js';
import { databaseChecks } from './database-checks.js';
import { jobsChecks } from './jobs-checks.js';
import { busChecks, placeChecks } from './place-checks.js';
import { storeChecks } from './store-checks.js';

/** Looks at everything that the settings lead to. */
export function examine(config: Config = loadConfig()): Promise<Finding[]> {
  return runChecks([
    ...busChecks(config),
    ...storeChecks(config),
    ...databaseChecks(config),
    ...jobsChecks(config),
    ...placeChecks(config),
  ]);
}

/** 0 when nothing failed, 75 when what failed may work later, else 2. */
export function verdictOf(findings: readonly Finding[]): number {
  const failed = findings.filter(({ verdict }) => verdict === 'FAIL');
  if (failed.length === 0) return exitCodes.ok;
  return failed.every(({ code }) => code === 'unavailable') ? exitCodes.unavailable : exitCodes.usage;
}

/** The findings for people, a line each. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ thing }) => thing.length));
  return findings
    .map(({ verdict, thing, found, advice }) => {
      const todo = verdict === 'ok' || !advice ? '' : ` — ${advice}`;
      return `${verdict.padEnd(4)}  ${thing.padEnd(width)}  ${found}${todo}`;
    })
    .join('\n');
}
