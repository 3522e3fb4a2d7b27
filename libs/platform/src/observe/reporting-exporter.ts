import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';

type Export = Parameters<SpanExporter['export']>;

/** Says when spans begin to be lost, and when they arrive again; the SDK itself says nothing. */
export class ReportingExporter implements SpanExporter {
  #losing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly log: Logger,
  ) {}

  export(spans: ReadableSpan[], tell: Export[1]): void {
    this.exporter.export(spans, (result) => {
      const lost = result.error !== undefined;
      if (lost && !this.#losing)
        this.log.warn({ err: result.error }, 'traces are lost: no collector took them');
      if (!lost && this.#losing) this.log.info({}, 'traces arrive again');
      this.#losing = lost;
      tell(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}
