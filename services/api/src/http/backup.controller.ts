import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Controller, Get, Inject, Res } from '@nestjs/common';
import { saveDumpOf } from '../backup/back-up.js';
import type { Database } from '../database/schema.js';
import { DATABASE } from '../tokens.js';

/** The part of a reply that is used here. */
interface Reply {
  type(contentType: string): Reply;
  send(body: Readable): void;
}

/** For `palimpsest backup --server`: an embedded database can be opened by one process only. */
@Controller('backup')
export class BackupController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** By way of a file: a slow reader must not keep the database's transaction open. */
  @Get('database')
  async database(@Res() reply: Reply): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'palimpsest-dump-'));
    const remove = () => rm(folder, { recursive: true, force: true });
    try {
      const path = join(folder, 'database.jsonl');
      await saveDumpOf(this.db as never, path);
      // Nobody waits for the end of a download; what cannot be removed stays among the temporary files.
      const stream = createReadStream(path).once('close', () => void remove().catch(() => undefined));
      reply.type('application/x-ndjson').send(stream);
    } catch (error) {
      await remove();
      throw error;
    }
  }
}
