/** Why something could not be done. Only `unavailable` is worth a retry. */
export type ErrorCode = 'invalid' | 'not-found' | 'conflict' | 'denied' | 'corrupt' | 'unavailable';

/**
 * An expected failure: its message names the thing, what was expected and what was found.
 * Anything else that is thrown is a bug.
 */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Memory ran out, or seems to have. Another attempt of a task that needs less then may succeed. */
export class OutOfMemoryError extends PlatformError {
  constructor(message: string, options?: ErrorOptions) {
    super('unavailable', message, options);
  }
}

/** Whether trying again later could help: bugs and bad input stay what they are. */
export function isRetryable(error: unknown): boolean {
  return error instanceof PlatformError && error.code === 'unavailable';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
