import type { TaskKind } from '@palimpsest/contracts';
import type { AnyTaskDefinition } from '@palimpsest/platform';
import type { Type } from '@nestjs/common';

/** A service as this program finds it: nothing of it is loaded before it is asked for. */
export interface Service {
  /** For `serve --help`. */
  about: string;
  module: () => Promise<Type>;
  /** Kinds of task that it runs. */
  kinds: TaskKind[];
  definitions: () => Promise<AnyTaskDefinition[]>;
}

/** Every service, by name. */
export const services = {
  api: {
    about: 'HTTP, studies and the queue; the only one with a database',
    module: async () => (await import('@palimpsest/api')).ApiModule,
    kinds: [],
    definitions: () => Promise.resolve([]),
  },
  ingestion: {
    about: 'reads datasets and weights',
    module: async () => (await import('@palimpsest/ingestion')).IngestionModule,
    kinds: ['ingest', 'import'],
    definitions: async () => (await import('@palimpsest/ingestion/tasks')).definitions,
  },
  training: {
    about: 'trains networks',
    module: async () => (await import('@palimpsest/training')).TrainingModule,
    kinds: ['train'],
    definitions: async () => (await import('@palimpsest/training/tasks')).definitions,
  },
  activations: {
    about: 'runs networks on images and keeps what their layers said',
    module: async () => (await import('@palimpsest/activations')).ActivationsModule,
    kinds: ['extract'],
    definitions: async () => (await import('@palimpsest/activations/tasks')).definitions,
  },
  analysis: {
    about: 'compares networks layer by layer',
    module: async () => (await import('@palimpsest/analysis')).AnalysisModule,
    kinds: ['compare'],
    definitions: async () => (await import('@palimpsest/analysis/tasks')).definitions,
  },
  reporting: {
    about: 'writes the report',
    module: async () => (await import('@palimpsest/reporting')).ReportingModule,
    kinds: ['report'],
    definitions: async () => (await import('@palimpsest/reporting/tasks')).definitions,
  },
} satisfies Record<string, Service>;

export type ServiceName = keyof typeof services;
export const serviceNames = Object.keys(services) as ServiceName[];
