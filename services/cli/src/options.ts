import { resolve } from 'node:path';
import type { Command } from 'commander';

/** Options that several commands share. */
export interface CommonOptions {
  data?: string;
  server?: string;
  json?: boolean;
}

/** `--data`: where everything is kept. */
export const withData = (command: Command) =>
  command.option('--data <dir>', 'folder of everything that is kept (DATA_DIR, else ./data)');

/** `--server`: an api that runs elsewhere. */
export const withServer = (command: Command) =>
  command.option('--server <url>', 'an api that runs elsewhere, such as http://127.0.0.1:7315');

/** `--json`: for a program to read. */
export const withJson = (command: Command) => command.option('--json', 'print JSON on standard output');

/**
 * Makes the options the environment of this process and of its children. A command says itself what failed, so
 * its log holds no more than what should never happen, unless LOG_LEVEL says otherwise.
 */
export function applyOptions({ data }: CommonOptions, { logLevel = 'error' } = {}): void {
  if (data !== undefined) process.env.DATA_DIR = resolve(data);
  process.env.LOG_LEVEL ??= logLevel;
}
