import { Controller, Get, Inject, Res } from '@nestjs/common';
import { HEALTH } from '../tokens.js';
import type { Health, Liveness, Readiness } from './health.js';

/** The part of a reply that is used here. */
interface Reply {
  status(code: number): Reply;
}

const UNAVAILABLE = 503;

/** For whoever watches the process: restart it, or send it no requests. */
@Controller()
export class HealthController {
  constructor(@Inject(HEALTH) private readonly health: Health) {}

  @Get('livez')
  live(@Res({ passthrough: true }) reply: Reply): Liveness {
    const { liveness } = this.health;
    if (!liveness.alive) reply.status(UNAVAILABLE);
    return liveness;
  }

  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<Readiness> {
    const readiness = await this.health.readiness();
    if (!readiness.ready) reply.status(UNAVAILABLE);
    return readiness;
  }
}
