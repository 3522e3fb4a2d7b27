import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Req,
  Res,
  Sse,
  type MessageEvent,
} from '@nestjs/common';
import { PlatformError } from '@palimpsest/contracts';
import type { Store, Tracing } from '@palimpsest/platform';
import { STORE, TRACING } from '@palimpsest/platform';
import {
  distinctUntilChanged,
  filter,
  from,
  interval,
  map,
  merge,
  startWith,
  switchMap,
  takeWhile,
  throttleTime,
  type Observable,
} from 'rxjs';
import { z } from 'zod';
import { STUDIES, STUDY_VIEWS } from '../tokens.js';
import { registeredWeightsSchema } from '../studies/registered-weights.js';
import { parseStudyFile, parseStudySpec } from '../studies/study-file.js';
import { studyId, type Studies } from '../studies/studies.service.js';
import type { StudySummary, StudyView, StudyViews, TaskView } from '../studies/study-view.js';
import { contentTypeOf } from './content-type.js';

const priority = z.int().min(-100).max(100).default(0);

/**
 * A study file as text, or a study with every setting. Paths in a text are relative to `baseDir`; `weights` are those
 * that it asks for by name.
 */
const submissionSchema = z.union([
  z.strictObject({
    ...{ yaml: z.string(), file: z.string().default('study'), baseDir: z.string().optional() },
    weights: z.array(registeredWeightsSchema).optional(),
    priority,
  }),
  z.strictObject({ spec: z.unknown(), priority }),
]);

/** The part of a reply that is used here. */
interface Reply {
  type(contentType: string): Reply;
  send(body: Uint8Array): void;
}

const eventsPerSecond = 4;
/** Another `api` may have changed a study: that is seen by looking. */
const lookMs = 2000;

@Controller('studies')
export class StudiesController {
  constructor(
    @Inject(STUDIES) private readonly studies: Studies,
    @Inject(STUDY_VIEWS) private readonly views: StudyViews,
    @Inject(STORE) private readonly store: Store,
    @Inject(TRACING) private readonly tracing: Tracing,
  ) {}

  @Post()
  async submit(@Body() body: unknown): Promise<StudyView> {
    const parsed = submissionSchema.safeParse(body);
    if (!parsed.success) {
      throw new PlatformError(
        'invalid',
        'body: expected {yaml, file?, baseDir?, weights?, priority?} or {spec, priority?}',
      );
    }
    const { data } = parsed;
    const study = 'yaml' in data ? parseStudyFile(data.yaml, data) : parseStudySpec(data.spec);
    const id = studyId(study);
    return this.#traced('study submitted', id, async () =>
      this.views.get(await this.studies.submit(study, data.priority)),
    );
  }

  @Get()
  list(): Promise<StudySummary[]> {
    return this.views.list();
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<StudyView> {
    return this.views.get(id);
  }

  @Get(':id/tasks')
  tasks(@Param('id') id: string): Promise<TaskView[]> {
    return this.views.tasks(id);
  }

  /** The study at once, then whenever it changes, until it has come to its end. */
  @Sse(':id/events')
  async events(@Param('id') id: string): Promise<Observable<MessageEvent>> {
    await this.views.get(id);
    const changes = this.studies.changes.pipe(filter((changed) => changed === id));
    return merge(changes, interval(lookMs)).pipe(
      throttleTime(1000 / eventsPerSecond, undefined, { leading: true, trailing: true }),
      startWith(id),
      switchMap(() => from(this.views.get(id))),
      distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
      takeWhile((view) => view.status === 'running', true),
      map((view) => ({ data: view })),
    );
  }

  @Get(':id/report')
  async report(@Param('id') id: string, @Res() reply: Reply): Promise<void> {
    const page = await this.#traced('report downloaded', id, async () => {
      const { html } = await this.views.report(id);
      return this.store.get(html);
    });
    reply.type(contentTypeOf('report.html')).send(page);
  }

  @Get(':id/files')
  async files(@Param('id') id: string): Promise<{ files: string[] }> {
    const tree = await this.store.openTree((await this.views.report(id)).files);
    return { files: tree.paths };
  }

  @Get(':id/files/*')
  async file(
    @Param('id') id: string,
    @Req() request: { params: Record<string, string> },
    @Res() reply: Reply,
  ) {
    const path = request.params['*'] ?? '';
    const tree = await this.store.openTree((await this.views.report(id)).files);
    const bytes = await tree.read(path);
    if (!bytes) throw new PlatformError('not-found', `study ${id}: its report has no file "${path}"`);
    reply.type(contentTypeOf(path)).send(bytes);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  async cancel(@Param('id') id: string): Promise<StudyView> {
    await this.studies.cancel(id);
    return this.views.get(id);
  }

  #traced<T>(name: string, id: string, answer: () => Promise<T>): Promise<T> {
    const parent = this.tracing.parentOf(id);
    return this.tracing.run(name, { parent, role: 'server', attributes: { studyId: id } }, answer);
  }
}
