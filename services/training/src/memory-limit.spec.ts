import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { curvesSchema, OutOfMemoryError, type TaskInput, type TaskOutput } from '@palimpsest/contracts';
import { readSafetensors } from '@palimpsest/formats';
import { loadConfig, openStore, ProcessJobs, TaskRecords, taskId } from '@palimpsest/platform';
import { someResources } from '@palimpsest/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDataset, all, anInput } from './stripes.fixture.js';

const program = fileURLToPath(new URL('../dist/work.fixture.js', import.meta.url));
const tensorflowHome =
  process.env['PALIMPSEST_TENSORFLOW'] ?? path.join(homedir(), '.cache/palimpsest-tensorflow');
const isMissing = { onnx: false, tensorflow: !existsSync(path.join(tensorflowHome, 'cpu')) };

describe.skipIf(process.platform !== 'linux')('memory that is limited (skipped: not Linux)', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'palimpsest-memory-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A job's program under `ulimit -v`, which ends as the one under it does. */
  async function limited(kibibytes: number | 'unlimited'): Promise<string> {
    const file = path.join(folder, `${kibibytes}.mjs`);
    await writeFile(
      file,
      `import { spawnSync } from 'node:child_process';
       const words = [process.execPath, '${program}', ...process.argv.slice(2)];
       const run = ['-c', 'ulimit -v ${kibibytes}; exec "$0" "$@"', ...words];
       const { status, signal } = spawnSync('bash', run, { stdio: ['ignore', 'ignore', 'inherit'] });
       if (signal) process.kill(process.pid, signal);
       process.exitCode = status;`,
    );
    return file;
  }

  function open(engine: string) {
    const environment = {
      DATA_DIR: path.join(folder, engine),
      ENGINE: engine,
      TENSORFLOW_HOME: tensorflowHome,
    };
    const config = loadConfig({ ...environment, LOG_LEVEL: 'info' });
    const store = openStore(config.STORE_URL);
    const inputOf = async (over: Partial<TaskInput<'train'>>) => {
      const size = { images: 96, side: 160 };
      const wanted = { imageSize: size.side, augmentation: null, stages: [{ ...all, maxEpochs: 1 }] };
      return anInput(await aDataset(store, size), { ...wanted, ...over });
    };
    /** An attempt, as a worker makes it. */
    const attempt = async (input: TaskInput<'train'>, kibibytes: number | 'unlimited') => {
      const id = taskId('train', input);
      const records = new TaskRecords(store, id);
      await records.writeInput('train', input);
      const lines: string[] = [];
      const log = pino({}, { write: (line) => void lines.push(line) });
      const jobs = new ProcessJobs({ config: { ...config, program: await limited(kibibytes) }, log });
      const job = { taskId: id, kind: 'train' as const, needs: someResources };
      const ended = await jobs.run(job, new AbortController().signal).catch(async (error: unknown) => {
        if (!(error instanceof OutOfMemoryError)) throw error;
        await records.countOutOfMemory();
        return 'out of memory' as const;
      });
      const peak = Number(/"peakKibibytes":(\d+)/.exec(lines.join())?.[1]);
      return { ended, records, peak };
    };
    return { store, inputOf, attempt };
  }

  it.for(['onnx', 'tensorflow'] as const)(
    'is answered with smaller batches, one attempt after the other: %s',
    { timeout: 300_000 },
    async (engine, { skip }) => {
      skip(isMissing[engine], 'not set up; see CONTRIBUTING.md');
      const { store, inputOf, attempt } = open(engine);
      const [small, large] = [await inputOf({ batchSize: 4 }), await inputOf({ batchSize: 64 })];
      const peaks = [await attempt(small, 'unlimited'), await attempt(large, 'unlimited')];
      // Well below the larger, a part of which is what an arena takes in advance and can do without.
      const limit = Math.round(peaks[0]!.peak + (peaks[1]!.peak - peaks[0]!.peak) / 4);

      const answered = { ...large, onOutOfMemory: 'accumulate' } as const;
      let last = await attempt(answered, limit);
      expect(last.ended).toBe('out of memory');
      let halvings = 1;
      for (; halvings < 5 && (last = await attempt(answered, limit)).ended === 'out of memory'; halvings++);
      expect(last.ended).toBe('done');
      const output = (await last.records.readOutput())?.output as TaskOutput<'train'>;
      const { epochs } = await store.getJson(output.curves, curvesSchema);
      expect(epochs.map(({ batchSize }) => batchSize)).toEqual([64 / 2 ** halvings]);
      const { metadata } = readSafetensors(await store.get(output.checkpoint));
      expect(metadata['halvings']).toBe(String(halvings));

      // Where the memory that ran out was that of Node itself, or TensorFlow aborts, it is tried again, as a worker does.
      const unanswered = { ...large, dropout: 0.4 };
      let refused = await attempt(unanswered, limit);
      for (let again = 0; again < 3 && refused.ended === 'out of memory'; again++)
        refused = await attempt(unanswered, limit);
      expect(refused.ended).toMatch(engine === 'onnx' ? /^failed$/ : /^(failed|out of memory)$/);
      if (refused.ended !== 'failed') return;
      expect((await refused.records.readError())?.message).toMatch(
        /^memory ran out with 64 images at once, which need about .* accumulate sees to$/,
      );
    },
  );
});
