import { openStore } from '../drivers.js';
import type { StoreCall } from '../observe/store-calls.js';
import { definitionOf } from './definitions.js';
import { endingOf, type Ending } from './ending.js';
import { runTask } from './run-task.js';
import type { AnyTaskDefinition } from './task.js';
import type { ThreadOrderWithPort } from './thread-order.js';

/** What a thread of the pool runs. Errors do not cross threads whole, so the ending goes back as data. */
export async function runOnThread({ port, ...order }: ThreadOrderWithPort): Promise<Ending> {
  const stop = new AbortController();
  port.on('message', () => stop.abort());
  port.postMessage({ done: 0 });
  const storeCalls: StoreCall[] = [];
  try {
    const ending = await endingOf(async () => {
      const loaded = (await import(order.module)) as { definitions: AnyTaskDefinition[] };
      return runTask(definitionOf(loaded.definitions, order.kind), order, {
        store: openStore(order.storeUrl, { tell: (call) => storeCalls.push(call) }),
        threads: order.threads,
        linearAlgebra: order.linearAlgebra,
        signal: stop.signal,
        progress: (progress) => port.postMessage(progress),
      });
    });
    return { ...ending, storeCalls };
  } finally {
    port.close();
  }
}
