import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { HEALTH } from '../tokens.js';
import type { Health } from './health.js';

/** For whoever watches the process: restart it, or send it no requests. */
@Controller()
export class HealthController {
  constructor(@Inject(HEALTH) private readonly health: Health) {}

  @Get('livez')
  live(): { alive: true } {
    return { alive: true };
  }

  @Get('readyz')
  ready(): Health['readiness'] {
    const { readiness } = this.health;
    if (!readiness.ready) throw new ServiceUnavailableException(readiness);
    return readiness;
  }
}
