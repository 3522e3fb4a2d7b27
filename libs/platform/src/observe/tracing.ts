import type { Logger } from 'pino';
import type { Config } from '../config.js';

/** What a span says of itself beside its name and its times. */
export type Attributes = Record<string, string | number | boolean>;

/** A piece of work that is being traced. */
export interface Span {
  /** Undefined while tracing is off. */
  readonly traceId: string | undefined;
  set(attributes: Attributes): void;
  /** It ended badly, though nothing was thrown. */
  fail(message: string): void;
}

/** How a span begins. */
export interface SpanOptions {
  /** Traceparent of what caused it. Default: the span that is current. */
  parent?: string | undefined;
  /** Whether it sends a message, handles one, answers a request, or is none of these. */
  role?: 'producer' | 'consumer' | 'server' | 'internal';
  attributes?: Attributes;
}

/** A span that is over already. */
export interface PastSpan extends Pick<SpanOptions, 'attributes'> {
  start: Date;
  end: Date;
  /** Why it ended badly. */
  failure?: string;
}

/** Spans of the work of this process. The trace of a study has the study's id. */
export interface Tracing {
  /** Whether anything comes of it. */
  readonly on: boolean;
  /** Runs something as a span, which is then current; it ends with an error when `work` throws. */
  run<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /** The root of a study's trace, once the study is over. */
  study(studyId: string, span: PastSpan): void;
  /** Runs something as if the span of a traceparent were current; undefined: as if none were. */
  within<T>(traceparent: string | undefined, work: () => T): T;
  /** Of the current span, to send along; undefined where there is none. */
  traceparent(): string | undefined;
  /** Traceparent of a study's root; undefined when tracing is off, or the id is none that a trace could have. */
  parentOf(studyId: string): string | undefined;
  /** Sends what has not been sent, within a few seconds. */
  close(): Promise<void>;
}

const silent: Span = { traceId: undefined, set: () => undefined, fail: () => undefined };

/** Tracing that is off. */
export const noTracing: Tracing = {
  on: false,
  run: (_name, _options, work) => work(silent),
  study: () => undefined,
  within: (_traceparent, work) => work(),
  traceparent: () => undefined,
  parentOf: () => undefined,
  close: () => Promise.resolve(),
};

type Endpoints = Pick<Config, 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'>;

/**
 * Tracing to where the settings say, off where they say nothing: then nothing of it is loaded.
 *
 * @param service names of the services that this process runs
 */
export async function openTracing(
  settings: Endpoints,
  service: readonly string[],
  log: Logger,
): Promise<Tracing> {
  const url = endpointOf(settings);
  if (url === undefined) return noTracing;
  const { OtelTracing } = await import('./otel-tracing.js');
  return new OtelTracing({ url, service, log });
}

function endpointOf(settings: Endpoints): string | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exact } = settings;
  return exact ?? (base && `${base.replace(/\/$/, '')}/v1/traces`);
}
