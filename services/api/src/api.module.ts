import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { BUS, CONFIG, LOGGER, PlatformModule, STORE, openDatabase } from '@palimpsest/platform';
import type { Bus, Config, Store } from '@palimpsest/platform';
import type { Logger } from 'pino';
import { migrations } from './database/migrations.js';
import type { Database, Tables } from './database/schema.js';
import { ErrorFilter } from './http/error.filter.js';
import { StudiesController } from './http/studies.controller.js';
import { observation } from './observe/observation.js';
import { Outbox } from './queue/outbox.js';
import { Queue } from './queue/queue.js';
import { Studies } from './studies/studies.service.js';
import { StudyViews } from './studies/study-view.js';
import { DATABASE, QUEUE, STUDIES, STUDY_VIEWS } from './tokens.js';

const now = () => new Date();
const tickMs = 1000;

/** HTTP, studies and the queue. It begins to work when the application starts. */
@Module({
  imports: [PlatformModule],
  controllers: [StudiesController],
  providers: [
    { provide: APP_FILTER, useFactory: (log: Logger) => new ErrorFilter(log), inject: [LOGGER] },
    {
      provide: DATABASE,
      useFactory: (config: Config) => openDatabase<Tables>(config, migrations),
      inject: [CONFIG],
    },
    {
      provide: STUDIES,
      useFactory: (db: Database, store: Store, bus: Bus, config: Config) =>
        new Studies({
          ...{ db, store, now, maxAttempts: config.MAX_ATTEMPTS, leaseMs: config.LEASE_SECONDS * 1000 },
          abandon: (taskIds) => bus.publish('task.cancelled', { taskIds }),
        }),
      inject: [DATABASE, STORE, BUS, CONFIG],
    },
    { provide: STUDY_VIEWS, useFactory: (db: Database) => new StudyViews(db), inject: [DATABASE] },
    {
      provide: QUEUE,
      useFactory: (studies: Studies, db: Database, ...[bus, config, log]: [Bus, Config, Logger]) => {
        const outbox = new Outbox({
          ...{ db, now, durable: bus.durable, leaseMs: config.LEASE_SECONDS * 1000 },
          publish: (topic, message) => bus.publish(topic, message),
        });
        return new Queue({ bus, log, studies, outbox, tickMs });
      },
      inject: [STUDIES, DATABASE, BUS, CONFIG, LOGGER],
    },
    observation,
  ],
})
export class ApiModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(QUEUE) private readonly queue: Queue,
    @Inject(DATABASE) private readonly db: Database,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.queue.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.db.destroy();
  }
}
