import { availableParallelism } from 'node:os';
import { openEngine } from '@palimpsest/networks';
import { engineSettings, loadConfig } from '@palimpsest/platform';
import { exitCodes } from '../exit-codes.js';
import { interruption } from '../interrupt.js';
import { note, print } from '../streams.js';
import { predictImages, type Prediction } from './predict-images.js';
import { readCheckpoint } from './read-checkpoint.js';

/** Prints predictions as CSV, or as JSON, a line each. @returns the exit code */
export async function predict(
  place: string,
  { checkpoint: file, json = false }: { checkpoint: string; json?: boolean },
): Promise<number> {
  const config = loadConfig();
  const checkpoint = await readCheckpoint(file);
  const { signal, release } = interruption();
  const predictions = predictImages(checkpoint, place, {
    engine: openEngine(engineSettings(config)),
    threads: config.THREADS_PER_TASK ?? availableParallelism(),
    signal,
    progress: (done, of) => note(`${done} of ${of} images`),
  });
  let code: number = exitCodes.ok;
  // Not before there is something to head: the engine may not open.
  const header = json ? [] : [csvLine(['path', 'predicted', ...checkpoint.classes])];
  try {
    for await (const prediction of predictions) {
      for (const line of header.splice(0)) print(line);
      if ('problem' in prediction) {
        code = exitCodes.usage;
        note(prediction.problem);
      } else print(json ? jsonLine(prediction, checkpoint.classes) : csvOf(prediction));
    }
    return code;
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    release();
  }
}

type Predicted = Extract<Prediction, { predicted: string }>;

function jsonLine({ path, predicted, probabilities }: Predicted, classes: string[]): string {
  const named = Object.fromEntries(classes.map((name, i) => [name, probabilities[i]]));
  return JSON.stringify({ path, predicted, probabilities: named });
}

const csvOf = ({ path, predicted, probabilities }: Predicted) =>
  csvLine([path, predicted, ...probabilities.map((value) => value.toFixed(6))]);

/** As RFC 4180 quotes. */
const csvLine = (cells: string[]) =>
  cells.map((cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
