import { createUsableStore, loadConfig, readTaskLog } from '@palimpsest/platform';
import type { CommonOptions } from '../options.js';
import { ApiClient } from './api-client.js';

/** The log of a task, as its jobs kept it in the store. @throws PlatformError `not-found` where there is none */
export async function taskLog(taskId: string, { server }: CommonOptions): Promise<string> {
  if (server !== undefined) return new ApiClient(server).log(taskId);
  return readTaskLog(await createUsableStore(loadConfig()), taskId);
}
