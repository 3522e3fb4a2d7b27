import { parentPort } from 'node:worker_threads';
import { prepareImages, type Unprepared } from './batches.js';

// A thread that prepares batches in the order in which they come.
parentPort?.on('message', (batch: Unprepared) => {
  const images = prepareImages(batch);
  parentPort?.postMessage(images, [images.buffer as ArrayBuffer]);
});
