import type { Finding } from './check.js';

const TOLERATED_MS = 2_000;
const HARMFUL_MS = 60_000;

/**
 * What a clock elsewhere says of ours.
 *
 * @param theirs its time; `before` and `after`: ours, around asking, in ms since 1970
 * @param resolutionMs what it rounds down to
 */
export function skewFinding(
  theirs: Date,
  { before, after, resolutionMs = 0 }: { before: number; after: number; resolutionMs?: number },
): Omit<Finding, 'thing'> {
  const middle = theirs.getTime() + resolutionMs / 2;
  const off = Math.max(0, middle - after, before - middle) - resolutionMs / 2;
  const ms = Math.max(0, Math.round(off));
  const found = `${ms} ms apart from ours`;
  if (ms <= TOLERATED_MS) return { verdict: 'ok', found };
  const advice = 'synchronise the clocks of all machines (NTP)';
  return { verdict: ms > HARMFUL_MS ? 'FAIL' : 'warn', found, advice };
}
