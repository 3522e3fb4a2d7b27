import type { Ending } from '../tasks/ending.js';
import type { TaskOrder } from '../tasks/run-task.js';
import type { TaskRunner } from '../tasks/task-runner.js';
import { withLogFields } from './log.js';
import type { Metrics } from './metrics.js';
import type { Tracing } from './tracing.js';

type Run = Parameters<TaskRunner['run']>;

/** Runs tasks as the runner does, times them, traces them, and makes their log lines say whose they are. */
export class ObservedRunner implements Pick<TaskRunner, 'open' | 'run' | 'close'> {
  constructor(
    private readonly runner: Pick<TaskRunner, 'open' | 'run' | 'close'>,
    private readonly metrics: Metrics,
    private readonly tracing: Tracing,
  ) {}

  run(definition: Run[0], task: Run[1] & Partial<Origin>, following: Run[2]): Promise<Ending> {
    const { kind, taskId, studyId = '', attempt = 1 } = task;
    const fields = { studyId, taskId, kind, attempt };
    return this.tracing.run(
      `task ${kind}`,
      { parent: this.#parentOf(studyId), role: 'consumer', attributes: fields },
      async (span) => {
        const traceId = span.traceId === undefined ? {} : { traceId: span.traceId };
        const run = () => this.runner.run(definition, task, following);
        const { ending, outcome } = await withLogFields({ ...fields, ...traceId }, () =>
          this.#measure(kind, run, following.signal),
        );
        span.set({ outcome });
        if (!ending.outcome.ok) span.fail(ending.outcome.message);
        return ending;
      },
    );
  }

  open(): Promise<void> {
    return this.runner.open();
  }

  close(): Promise<void> {
    return this.runner.close();
  }

  /** A sender that sends for several studies may be in the trace of another. */
  #parentOf(studyId: string): string | undefined {
    const current = this.tracing.traceparent();
    return current?.includes(studyId) ? current : (this.tracing.parentOf(studyId) ?? current);
  }

  async #measure(
    kind: TaskOrder['kind'],
    run: () => Promise<Ending>,
    signal: AbortSignal,
  ): Promise<{ ending: Ending; outcome: string }> {
    const started = performance.now();
    this.metrics.add('palimpsest_tasks_running', { kind }, 1);
    try {
      const { storeCalls = [], ...ending } = await run();
      for (const call of storeCalls) this.metrics.storeCall(call);
      const outcome = outcomeOf(ending, signal);
      const seconds = (performance.now() - started) / 1000;
      this.metrics.observe('palimpsest_task_seconds', { kind, outcome }, seconds);
      return { ending, outcome };
    } finally {
      this.metrics.add('palimpsest_tasks_running', { kind }, -1);
    }
  }
}

/** Of a request, beside the task itself. */
interface Origin {
  studyId: string;
  attempt: number;
}

function outcomeOf({ outcome, seconds }: Ending, signal: AbortSignal): string {
  if (outcome.ok) return seconds === null ? 'found' : 'done';
  if (signal.aborted) return 'stopped';
  return outcome.retry ? 'retry' : 'failed';
}
