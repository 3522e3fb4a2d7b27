import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { totalmem } from 'node:os';
import { OutOfMemoryError, PlatformError } from '@palimpsest/contracts';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { logFields } from '../observe/log.js';
import type { StoreCall } from '../observe/store-calls.js';
import { Admission } from './admission.js';
import { endOf, type Job, type Jobs } from './jobs.js';

/** As many as hold the words before V8's stack when memory runs out. */
const LAST_LINES = 30;

/** What the children are started with. */
export interface ProcessJobsOptions {
  config: Config;
  log: Logger;
  /** More variables for a child, asked for when it starts. */
  environment?: () => Record<string, string>;
  /** Hears of the calls to the store that a child made. */
  onStoreCall?: (call: StoreCall) => void;
  admission?: Admission;
  /** Between the request to stop and the end by force. */
  graceMs?: number;
}

/** Runs each job in a child process, `node <program> work <kind> <task-id>`, as many at once as fit the machine. */
export class ProcessJobs implements Jobs {
  readonly #options: Required<ProcessJobsOptions>;

  constructor(options: ProcessJobsOptions) {
    const environment = () => ({});
    const onStoreCall = () => undefined;
    this.#options = { environment, onStoreCall, admission: new Admission(), graceMs: 10_000, ...options };
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  run(job: Job, signal: AbortSignal): Promise<'done' | 'failed'> {
    return this.#options.admission.run(job.needs, signal, async () => {
      const child = this.#start(job);
      const last = this.#relay(child, job);
      child.on('message', (calls) => (calls as StoreCall[]).forEach(this.#options.onStoreCall));
      const { code, by } = await this.#endOf(child, signal);
      if (code !== 0) signal.throwIfAborted();
      if (!diedOfMemory(by, last)) return endOf(job, code, [inWords(code, by), ...last].join('\n'));
      const how = [`${inWords(code, by)}; ${memoryWords(job)}`, ...last].join('\n');
      throw new OutOfMemoryError(`${job.kind} ${job.taskId} ${how}`);
    });
  }

  /**
   * The channel tells the child when this process is gone, however it went. In a group of its own, so that Ctrl+C
   * reaches it through us only: a job stopped on purpose is no failed attempt.
   */
  #start({ kind, taskId, needs }: Job): ChildProcess {
    const { program, THREADS_PER_TASK = needs.cpus, ...config } = this.#options.config;
    const settings = Object.entries({ ...config, THREADS_PER_TASK }).map(([name, value]) => [
      name,
      String(value),
    ]);
    return spawn(process.execPath, [program, 'work', kind, taskId], {
      env: {
        ...process.env,
        ...(Object.fromEntries(settings) as Record<string, string>),
        ...this.#options.environment(),
      },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
    });
  }

  /** Passes the child's log on. @returns its last lines, filled as they come */
  #relay(child: ChildProcess, { kind, taskId }: Job): string[] {
    const last: string[] = [];
    const log = this.#options.log.child({ ...logFields(), taskId, kind, child: child.pid });
    if (!child.stderr) return last;
    createInterface({ input: child.stderr }).on('line', (line) => {
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
      relayLine(log, line);
    });
    return last;
  }

  #endOf(child: ChildProcess, signal: AbortSignal): Promise<End> {
    return new Promise((resolve, reject) => {
      let force: NodeJS.Timeout | undefined;
      const stop = () => {
        child.kill('SIGTERM');
        force = setTimeout(() => child.kill('SIGKILL'), this.#options.graceMs);
      };
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const settle = () => {
        clearTimeout(force);
        signal.removeEventListener('abort', stop);
      };
      child.once('error', (cause) => {
        settle();
        reject(new PlatformError('unavailable', `could not start a process: ${cause.message}`, { cause }));
      });
      child.once('close', (code, by) => {
        settle();
        resolve({ code, by });
      });
    });
  }
}

interface End {
  code: number | null;
  by: NodeJS.Signals | null;
}

/** Nobody else kills a job by force; V8 and the libraries in C++ say these words before they end themselves. */
function diedOfMemory(by: End['by'], last: readonly string[]): boolean {
  return by === 'SIGKILL' || (by !== null && last.some((line) => /out of memory|bad_alloc/i.test(line)));
}

function memoryWords({ needs }: Job): string {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return `it was expected to need ${gigabytes(needs.memoryBytes)}, of ${gigabytes(totalmem())} in all`;
}

function inWords(code: number | null, by: NodeJS.Signals | null): string {
  if (by === 'SIGKILL') return 'was killed by SIGKILL, as a system out of memory does';
  if (by) return `was killed by ${by}`;
  return `ended with exit code ${code ?? 'unknown'}`;
}

/** A child logs as we do, so its lines keep their level and fields; anything else it prints is a warning. */
function relayLine(log: Logger, line: string): void {
  const { level, msg, ...fields } = parseLine(line);
  for (const ours of ['time', 'pid', 'service', ...Object.keys(log.bindings())]) {
    if (ours !== 'err') Reflect.deleteProperty(fields, ours);
  }
  const label = log.levels.labels[Number(level)];
  if (label === undefined) log.warn({ line }, 'said');
  else log[label as 'info'](fields, String(msg));
}

function parseLine(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
