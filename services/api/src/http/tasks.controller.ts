import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { PlatformError } from '@palimpsest/contracts';
import { readTaskLog, STORE, type Store } from '@palimpsest/platform';

const taskId = /^[0-9a-f]{32}$/;

/** The part of a reply that is used here. */
interface Reply {
  type(contentType: string): Reply;
  send(body: string): void;
}

@Controller('tasks')
export class TasksController {
  constructor(@Inject(STORE) private readonly store: Store) {}

  /** What the jobs of a task wrote to their logs, where they kept them in the store. */
  @Get(':id/log')
  async log(@Param('id') id: string, @Res() reply: Reply): Promise<void> {
    if (!taskId.test(id))
      throw new PlatformError('invalid', `task: expected an id of 32 hexadecimal digits, found "${id}"`);
    const text = await readTaskLog(this.store, id);
    reply.type('text/plain; charset=utf-8').send(text);
  }
}
