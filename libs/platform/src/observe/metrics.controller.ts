import { Controller, Get, Inject, Res } from '@nestjs/common';
import { METRICS } from '../tokens.js';
import type { Metrics } from './metrics.js';

/** The part of a reply that is used here. */
interface Reply {
  type(contentType: string): Reply;
  send(body: string): void;
}

/** For Prometheus. */
@Controller()
export class MetricsController {
  constructor(@Inject(METRICS) private readonly metrics: Metrics) {}

  @Get('metrics')
  async scrape(@Res() reply: Reply): Promise<void> {
    reply.type(this.metrics.contentType).send(await this.metrics.text());
  }
}
