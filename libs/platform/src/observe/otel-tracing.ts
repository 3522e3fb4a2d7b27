import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import {
  INVALID_SPANID,
  INVALID_TRACEID,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span as OtelSpan,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type IdGenerator } from '@opentelemetry/sdk-trace-node';
import { messageOf, PlatformError } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import { thisProcess } from '../process-owner.js';
import { ReportingExporter } from './reporting-exporter.js';
import type { PastSpan, Span, SpanOptions, Tracing } from './tracing.js';
import { within } from './within.js';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
const CLOSE_MS = 3000;
const roles = {
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
};

/** Where spans go, and whose they are. */
export interface OtelTracingOptions {
  url: string;
  service: readonly string[];
  log: Logger;
}

/** Spans for a collector that speaks OTLP over HTTP. Keeps its context to itself: nothing global is set. */
export class OtelTracing implements Tracing {
  readonly on = true;
  readonly #ids = new StudyIds();
  readonly #current = new AsyncLocalStorage<Context>();
  readonly #provider: NodeTracerProvider;
  readonly #tracer;

  constructor({ url, service, log }: OtelTracingOptions) {
    const exporter = new ReportingExporter(new OTLPTraceExporter({ url }), log);
    this.#provider = new NodeTracerProvider({
      idGenerator: this.#ids,
      resource: resourceFromAttributes(describe(service)),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    this.#tracer = this.#provider.getTracer('palimpsest', version);
  }

  async run<T>(
    name: string,
    { parent, role = 'internal', attributes = {} }: SpanOptions,
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    const context = parent === undefined ? this.#context() : contextOf(parent);
    const span = this.#tracer.startSpan(name, { kind: roles[role], attributes }, context);
    try {
      return await this.#current.run(trace.setSpan(context, span), () => work(handleOf(span)));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
      if (error instanceof PlatformError) span.setAttribute('error.type', error.code);
      throw error;
    } finally {
      span.end();
    }
  }

  study(studyId: string, { start, end, failure, attributes = {} }: PastSpan): void {
    const ids = spanContextOf(this.parentOf(studyId));
    if (!ids) return;
    const options = { root: true, startTime: start, attributes };
    const span = this.#ids.of(ids, () => this.#tracer.startSpan('study', options, ROOT_CONTEXT));
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    span.end(end);
  }

  within<T>(traceparent: string | undefined, work: () => T): T {
    return this.#current.run(traceparent === undefined ? ROOT_CONTEXT : contextOf(traceparent), work);
  }

  traceparent(): string | undefined {
    const span = trace.getSpanContext(this.#context());
    return span && `00-${span.traceId}-${span.spanId}-0${span.traceFlags & TraceFlags.SAMPLED}`;
  }

  parentOf(studyId: string): string | undefined {
    if (!/^[0-9a-f]{32}$/.test(studyId) || studyId.startsWith(INVALID_SPANID)) return undefined;
    return `00-${studyId}-${studyId.slice(0, 16)}-01`;
  }

  async close(): Promise<void> {
    // Whoever cannot be told of the spans was named in the log already.
    await within(CLOSE_MS, 'traces', () => this.#provider.shutdown()).catch(() => undefined);
  }

  #context(): Context {
    return this.#current.getStore() ?? ROOT_CONTEXT;
  }
}

function describe(service: readonly string[]) {
  const { host, pid } = thisProcess();
  const [only, ...more] = service;
  const name = only !== undefined && more.length === 0 ? `palimpsest-${only}` : 'palimpsest';
  return {
    'service.name': process.env.OTEL_SERVICE_NAME ?? name,
    'service.version': version,
    'service.instance.id': `${host}/${pid}`,
    ...(more.length > 0 && { 'palimpsest.services': service.join(',') }),
  };
}

function handleOf(span: OtelSpan): Span {
  return {
    traceId: span.spanContext().traceId,
    set: (attributes) => void span.setAttributes(attributes),
    fail: (message) => void span.setStatus({ code: SpanStatusCode.ERROR, message }),
  };
}

function contextOf(traceparent: string): Context {
  const parent = spanContextOf(traceparent);
  return parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

/** As in W3C Trace Context; undefined for what is no traceparent, whoever sent it. */
function spanContextOf(traceparent = ''): SpanContext | undefined {
  const [, traceId, spanId, flags] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(traceparent) ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  if (traceId === INVALID_TRACEID || spanId === INVALID_SPANID) return undefined;
  return { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

/** Random ids, but for a span that is to have those of a study. */
class StudyIds implements IdGenerator {
  #given: SpanContext | undefined;

  readonly generateTraceId = (): string => this.#given?.traceId ?? randomBytes(16).toString('hex');
  readonly generateSpanId = (): string => this.#given?.spanId ?? randomBytes(8).toString('hex');

  of<T>(ids: SpanContext, start: () => T): T {
    this.#given = ids;
    try {
      return start();
    } finally {
      this.#given = undefined;
    }
  }
}
