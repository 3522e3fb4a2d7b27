import { join, resolve } from 'node:path';
import type { StudyView } from '@palimpsest/api';
import { exitCodes } from '../exit-codes.js';
import { interruption } from '../interrupt.js';
import { note, print, printJson } from '../streams.js';
import { requireWhole, weightsHere } from '../weights/registered.js';
import { ApiClient } from './api-client.js';
import { ProgressPrinter } from './progress-printer.js';
import { countsLine } from './progress-text.js';
import { readStudy } from './read-study.js';
import { requireReportFolder, shortFindings, writeReportFolder } from './report-folder.js';

export interface RunOptions {
  server?: string;
  out?: string;
  json?: boolean;
  priority?: number;
}

/**
 * Runs a study to its end and fetches its report.
 *
 * @returns the exit code
 * @throws PlatformError for a study file that is wrong, before anything is started
 */
export async function runStudy(file: string, options: RunOptions): Promise<number> {
  const { study, ...submission } = await readStudy(file, await weightsHere());
  await requireWhole(submission.weights);
  const out = resolve(options.out ?? join('palimpsest-report', study.name));
  await requireReportFolder(out);
  const { signal, release } = interruption();
  const running = options.server === undefined ? await startHere() : undefined;
  const client = new ApiClient(running?.url ?? options.server ?? '');
  try {
    const { priority } = options;
    const { id } = await client.submit({ ...submission, ...(priority !== undefined && { priority }) });
    const end = await follow(client, id, signal);
    if (!end) return await interrupted(client, { id, file, here: running !== undefined });
    return await conclude(client, end, { out, json: options.json === true });
  } finally {
    await running?.close();
    release();
  }
}

/** Every service, in this process, at a port that is free. */
async function startHere() {
  const { startServices } = await import('../local/start-services.js');
  const { serviceNames } = await import('../services.js');
  return startServices(serviceNames, { port: 0 });
}

/** @returns the study at its end, or undefined when the signal came first */
async function follow(client: ApiClient, id: string, signal: AbortSignal): Promise<StudyView | undefined> {
  const printer = new ProgressPrinter(process.stderr);
  const clock = setInterval(() => printer.refresh(), 1000);
  let last: StudyView | undefined;
  try {
    for await (const view of client.events(id, signal, note)) {
      last = view;
      printer.update(view);
    }
    return last;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    clearInterval(clock);
    printer.close();
  }
}

/** Here nothing would go on without this process, so the study is stopped; elsewhere it is not ours to stop. */
async function interrupted(
  client: ApiClient,
  run: { id: string; file: string; here: boolean },
): Promise<number> {
  if (run.here) {
    await client.cancel(run.id);
    note(`interrupted; what is done is kept. To go on: palimpsest run ${run.file}`);
  } else {
    note(`left alone; the study goes on there. To watch it again: palimpsest run ${run.file} --server <url>`);
  }
  return exitCodes.interrupted;
}

async function conclude(
  client: ApiClient,
  study: StudyView,
  { out, json }: { out: string; json: boolean },
): Promise<number> {
  const { id, status, failures } = study;
  if (status !== 'finished') {
    const lines = failures.map(({ key, taskId, message }) => `${key} (task ${taskId}): ${message}`);
    note(
      [
        `study ${study.name} ${status === 'failed' ? 'failed' : 'was cancelled'}; ${countsLine(study)}`,
        ...lines,
      ].join('\n'),
    );
    if (json) printJson({ id, status, failures });
    return exitCodes.studyFailed;
  }
  const files = await client.files(id);
  await writeReportFolder(out, files, (path) => client.file(id, path));
  const report = join(out, 'report.html');
  const findings = files.includes('findings.md')
    ? shortFindings(new TextDecoder().decode(await client.file(id, 'findings.md')))
    : [];
  if (json) printJson({ id, status, report, findings });
  else print([...findings, report].join('\n'));
  return exitCodes.ok;
}
