import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { PlatformError, type ErrorCode } from '@palimpsest/contracts';
import type { Logger } from 'pino';

const statuses: Record<ErrorCode, number> = {
  invalid: 400,
  denied: 403,
  'not-found': 404,
  conflict: 409,
  corrupt: 500,
  unavailable: 503,
};

interface Reply {
  status(code: number): Reply;
  send(body: { code: string; message: string }): void;
}

/** Errors as HTTP: `{code, message}` with the status of the code. A bug is logged and says no more than that. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<Reply>();
    if (error instanceof PlatformError) {
      reply.status(statuses[error.code]).send({ code: error.code, message: error.message });
    } else if (error instanceof HttpException) {
      const status = error.getStatus();
      reply.status(status).send({ code: status === 404 ? 'not-found' : 'invalid', message: error.message });
    } else {
      this.log.error({ err: error }, 'request failed');
      reply.status(500).send({ code: 'bug', message: 'internal error; the log says more' });
    }
  }
}
