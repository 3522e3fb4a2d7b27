import { loadConfig } from '@palimpsest/platform';
import { DownloadPrinter } from '../download/download-printer.js';
import { exitCodes } from '../exit-codes.js';
import { interruption } from '../interrupt.js';
import { note, print } from '../streams.js';
import { setUpTensorflow } from './tensorflow.js';

/** Sets TensorFlow up and says what came of it. @returns the exit code */
export async function setUp({
  gpu = false,
  ...options
}: {
  gpu?: boolean;
  library?: string;
  index: string;
}): Promise<number> {
  const { TENSORFLOW_HOME: home } = loadConfig();
  const printer = new DownloadPrinter(process.stderr);
  const { signal, release } = interruption();
  try {
    const version = await setUpTensorflow({
      ...{ gpu, home, signal, progress: note },
      ...options,
      onDownload: (progress) => printer.update(progress),
    });
    print(`TensorFlow ${version} in ${home}; ENGINE=tensorflow${gpu ? '-gpu' : ''} uses it`);
    return exitCodes.ok;
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    printer.close();
    release();
  }
}
