import { createApp, listen, loadConfig } from '@palimpsest/platform';
import { services, type ServiceName } from '../services.js';

/** Services that run in this process. */
export interface RunningServices {
  /** Where they listen. */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts services in this process.
 *
 * @param options.port to listen on instead of HTTP_PORT; 0 takes any that is free
 */
export async function startServices(
  names: readonly ServiceName[],
  options: { port?: number } = {},
): Promise<RunningServices> {
  const config = loadConfig();
  const app = await createApp(config, await Promise.all(names.map((name) => services[name].module())));
  await listen(app, { ...config, HTTP_PORT: options.port ?? config.HTTP_PORT });
  return { url: await app.getUrl(), close: () => app.close() };
}
