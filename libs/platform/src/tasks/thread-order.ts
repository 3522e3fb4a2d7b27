import type { LinearAlgebraSettings } from '@palimpsest/contracts';
import type { MessagePort } from 'node:worker_threads';
import type { TaskOrder } from './run-task.js';

/** What a task thread is told. The port brings the request to stop in, and progress out. */
export interface ThreadOrder extends TaskOrder {
  /** URL of the module that exports the definitions. */
  module: string;
  storeUrl: string;
  threads: number;
  linearAlgebra: LinearAlgebraSettings;
}
export type ThreadOrderWithPort = ThreadOrder & { port: MessagePort };
