import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import {
  BUS,
  CONFIG,
  LOGGER,
  METRICS,
  OPENED,
  PlatformModule,
  STORE,
  TRACING,
  databaseNow,
  openDatabase,
} from '@palimpsest/platform';
import type { TaskKind } from '@palimpsest/contracts';
import type { Bus, Config, Metrics, Opened, Store, Tracing } from '@palimpsest/platform';
import type { Logger } from 'pino';
import { migrations } from './database/migrations.js';
import type { Database, Tables } from './database/schema.js';
import { BackupController } from './http/backup.controller.js';
import { ErrorFilter } from './http/error.filter.js';
import { DeadLettersController } from './http/dead-letters.controller.js';
import { StudiesController } from './http/studies.controller.js';
import { TasksController } from './http/tasks.controller.js';
import { WorkersController } from './http/workers.controller.js';
import { observation } from './observe/observation.js';
import { DeadLetters } from './queue/dead-letters.js';
import { Outbox } from './queue/outbox.js';
import { Queue } from './queue/queue.js';
import { Workers } from './queue/workers.js';
import { Studies } from './studies/studies.service.js';
import { StudyViews } from './studies/study-view.js';
import { CLOCK, DATABASE, DEAD_LETTERS, OUTBOX, QUEUE, STUDIES, STUDY_VIEWS, WORKERS } from './tokens.js';

const tickMs = 1000;

type Clock = () => Promise<Date>;
type QueueParts = [Studies, Outbox, Workers, DeadLetters, Metrics];

/** HTTP, studies and the queue. It begins to work when the application starts. */
@Module({
  imports: [PlatformModule],
  controllers: [
    StudiesController,
    TasksController,
    WorkersController,
    DeadLettersController,
    BackupController,
  ],
  providers: [
    { provide: APP_FILTER, useFactory: (log: Logger) => new ErrorFilter(log), inject: [LOGGER] },
    {
      provide: DATABASE,
      useFactory: (opened: Opened, config: Config): Promise<Database> =>
        opened.keep(
          () => openDatabase<Tables>(config, migrations),
          (db) => db.destroy(),
        ),
      inject: [OPENED, CONFIG],
    },
    {
      provide: CLOCK,
      useFactory:
        (db: Database): Clock =>
        () =>
          databaseNow(db),
      inject: [DATABASE],
    },
    {
      provide: STUDIES,
      useFactory: (db: Database, store: Store, bus: Bus, ...[config, now]: [Config, Clock]) =>
        new Studies({
          ...{ db, store, now, leaseMs: config.LEASE_SECONDS * 1000 },
          ...{ maxAttempts: config.MAX_ATTEMPTS, maxInterruptions: config.MAX_INTERRUPTIONS },
          gpusPerJob: config.GPUS_PER_JOB,
          abandon: (taskIds, attempt, superseded) =>
            bus.publish('task.cancelled', { taskIds, attempt, ...(superseded && { superseded }) }),
        }),
      inject: [DATABASE, STORE, BUS, CONFIG, CLOCK],
    },
    { provide: STUDY_VIEWS, useFactory: (db: Database) => new StudyViews(db), inject: [DATABASE] },
    { provide: WORKERS, useFactory: () => new Workers() },
    {
      provide: DEAD_LETTERS,
      useFactory: (db: Database, now: Clock) => new DeadLetters(db, now),
      inject: [DATABASE, CLOCK],
    },
    {
      provide: OUTBOX,
      useFactory: (
        db: Database,
        bus: Bus,
        workers: Workers,
        ...[config, now, tracing]: [Config, Clock, Tracing]
      ) =>
        new Outbox({
          ...{ db, now, durable: bus.durable, leaseMs: config.LEASE_SECONDS * 1000 },
          publish: (topic, message) => bus.publish(topic, message),
          capacity: (kind) => workers.capacity(kind),
          traced: (attributes, send) =>
            tracing.run(
              'task sent',
              { parent: tracing.parentOf(attributes.studyId), role: 'producer', attributes },
              send,
            ),
        }),
      inject: [DATABASE, BUS, WORKERS, CONFIG, CLOCK, TRACING],
    },
    {
      provide: QUEUE,
      useFactory: (...[bus, log, config, ...parts]: [Bus, Logger, Config, ...QueueParts]) => {
        const [studies, outbox, workers, deadLetters, metrics] = parts;
        const leaseMs = config.LEASE_SECONDS * 1000;
        const leaseLost = (kind: TaskKind) => metrics.leaseLost(kind);
        return new Queue({ bus, log, studies, outbox, workers, deadLetters, leaseLost, leaseMs, tickMs });
      },
      inject: [BUS, LOGGER, CONFIG, STUDIES, OUTBOX, WORKERS, DEAD_LETTERS, METRICS],
    },
    observation,
  ],
})
export class ApiModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(QUEUE) private readonly queue: Queue) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.queue.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.stop();
  }
}
