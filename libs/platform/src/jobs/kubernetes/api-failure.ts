import { PlatformError, type ErrorCode } from '@palimpsest/contracts';

/** A call to the API server that did not do what was asked. */
export class ApiFailure extends PlatformError {
  /**
   * @param status of HTTP; 0 where no answer came
   * @param message in the words of the server
   */
  constructor(
    readonly status: number,
    message: string,
    options?: { cause: unknown },
  ) {
    super(codeOf(status, message), `Kubernetes: ${message}`, options);
  }
}

/** What is over the quota now may fit later; all else that is forbidden stays so. */
function codeOf(status: number, message: string): ErrorCode {
  if (status === 0 || status === 410 || status === 429 || status >= 500) return 'unavailable';
  if (status === 403 && message.includes('exceeded quota')) return 'unavailable';
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'not-found';
  return status === 409 ? 'conflict' : 'invalid';
}
