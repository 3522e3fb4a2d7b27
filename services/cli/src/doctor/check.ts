import { messageOf, PlatformError, type ErrorCode } from '@palimpsest/contracts';

/** `ok` works, `warn` works but, `FAIL` does not. */
export type Verdict = 'ok' | 'warn' | 'FAIL';

/** What one check found, in one line without secrets. */
export interface Finding {
  verdict: Verdict;
  thing: string;
  found: string;
  /** What to do about it. */
  advice?: string;
  /** Why it failed. */
  code?: ErrorCode;
}

/** One check: what it is about, and what it says when all is well. Whatever it throws is a failure. */
export interface Check {
  thing: string;
  /** What to do when it fails. */
  advice: string;
  run: () => Promise<string | Omit<Finding, 'thing'>>;
}

/** An embedded database is made the first time, which takes a slow machine its time. */
const PATIENCE_MS = 60_000;

/** Runs checks one after the other; each comes to an end. Where `x` failed, `x: y` is not asked. */
export async function runChecks(checks: readonly Check[], patienceMs = PATIENCE_MS): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    const hopeless = findings.some(
      ({ verdict, thing }) => verdict === 'FAIL' && check.thing.startsWith(`${thing}: `),
    );
    if (!hopeless) findings.push(await runCheck(check, patienceMs));
  }
  return findings;
}

async function runCheck({ thing, advice, run }: Check, patienceMs: number): Promise<Finding> {
  try {
    const found = await inTime(run(), patienceMs);
    return typeof found === 'string' ? { verdict: 'ok', thing, found } : { thing, ...found };
  } catch (error) {
    const code = error instanceof PlatformError ? { code: error.code } : {};
    return { verdict: 'FAIL', thing, found: safe(messageOf(error)), advice, ...code };
  }
}

async function inTime<T>(running: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new PlatformError('unavailable', `no answer within ${patienceMs / 1000} s`);
    timer = setTimeout(() => reject(error), patienceMs);
  });
  return Promise.race([running, late]).finally(() => clearTimeout(timer));
}

/** One line, with no password of a URL in it. */
export const safe = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/(\/\/[^:@/\s]*):[^@/\s]*@/g, '$1:***@');
