import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { createApp, listen, loadConfig } from '@palimpsest/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiModule } from './api.module.js';

@Module({})
class BrokenModule {
  onApplicationBootstrap(): never {
    throw new Error('broken');
  }
}

describe('the api beside something that cannot start', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-start-'));
    writeFileSync(join(folder, 'file'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const configOf = (settings: Record<string, string> = {}) => {
    const folders = { STORE_URL: 'memory:', DATABASE_URL: `pglite:${join(folder, 'db')}` };
    const usual = { JOBS_URL: 'inline:', LOG_LEVEL: 'silent', HTTP_PORT: '0' };
    return loadConfig({ ...folders, ...usual, ...settings });
  };
  const startAgain = async () => {
    const app = await createApp(configOf(), [ApiModule]);
    await listen(app, configOf());
    await app.close();
  };

  it('has closed its database when a part of the program cannot be made', { timeout: 60_000 }, async () => {
    const config = configOf({ STORE_URL: `file:${join(folder, 'file', 'store')}` });
    await expect(createApp(config, [ApiModule])).rejects.toThrow('could not write to it');
    await startAgain();
  });

  it('has closed its database when a service cannot begin', { timeout: 60_000 }, async () => {
    const app = await createApp(configOf(), [ApiModule, BrokenModule]);
    await expect(listen(app, configOf())).rejects.toThrow('broken');
    await startAgain();
  });
});
