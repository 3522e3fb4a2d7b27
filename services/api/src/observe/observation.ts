import type { FactoryProvider } from '@nestjs/common';
import {
  HEALTH,
  LOGGER,
  METRICS,
  TRACING,
  type Health,
  type Metrics,
  type Tracing,
} from '@palimpsest/platform';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../database/schema.js';
import type { Studies } from '../studies/studies.service.js';
import { DATABASE, STUDIES } from '../tokens.js';
import { QueueMetrics } from './queue-metrics.js';
import { StudyTraces } from './study-traces.js';

type Parts = [Health, Metrics, Tracing, Logger];

/** What this service shows of itself: whether its database answers, its queue in numbers, the traces of its studies. */
export const observation: FactoryProvider<StudyTraces> = {
  provide: Symbol('Observation'),
  inject: [DATABASE, STUDIES, HEALTH, METRICS, TRACING, LOGGER],
  useFactory: (db: Database, studies: Pick<Studies, 'changes'>, ...parts: Parts) => {
    const [health, metrics, tracing, log] = parts;
    health.check('database', () => sql`select 1`.execute(db));
    new QueueMetrics(db, metrics, () => new Date()).start();
    return new StudyTraces({ db, tracing, log, changes: studies.changes });
  },
};
