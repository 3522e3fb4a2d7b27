import { setTimeout as sleep } from 'node:timers/promises';

/** How often something is tried, and how long between: twice as long each time, of which a random half is left out. */
export interface RetryPolicy {
  attempts: number;
  firstDelayMs: number;
  longestDelayMs: number;
}

/** Does something again while its failure may pass. @throws the last failure */
export async function retrying<T>(
  policy: RetryPolicy,
  mayPass: (error: unknown) => boolean,
  action: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt >= policy.attempts || !mayPass(error)) throw error;
      const delay = Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
      await sleep(delay * (0.5 + Math.random() / 2));
    }
  }
}
