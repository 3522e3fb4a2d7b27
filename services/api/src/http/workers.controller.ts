import { Controller, Get, Inject } from '@nestjs/common';
import type { WorkerSeen } from '@palimpsest/contracts';
import type { Workers } from '../queue/workers.js';
import { WORKERS } from '../tokens.js';

@Controller('workers')
export class WorkersController {
  constructor(@Inject(WORKERS) private readonly workers: Workers) {}

  /** Processes that take tasks, as they were heard of in the last seconds. */
  @Get()
  list(): WorkerSeen[] {
    return this.workers.list();
  }
}
