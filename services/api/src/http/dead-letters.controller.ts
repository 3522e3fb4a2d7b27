import { Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { BUS, type Bus } from '@palimpsest/platform';
import type { DeadLetter, DeadLetters } from '../queue/dead-letters.js';
import { DEAD_LETTERS } from '../tokens.js';

/** Messages that nobody could handle, for whoever looks after the services. */
@Controller('dead-letters')
export class DeadLettersController {
  constructor(
    @Inject(DEAD_LETTERS) private readonly letters: DeadLetters,
    @Inject(BUS) private readonly bus: Bus,
  ) {}

  @Get()
  list(): Promise<DeadLetter[]> {
    return this.letters.list();
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<DeadLetter> {
    return this.letters.get(id);
  }

  @Post(':id/replay')
  @HttpCode(204)
  async replay(@Param('id') id: string): Promise<void> {
    await this.letters.replay(id, (record) => this.bus.republish(record));
  }

  @Delete(':id')
  @HttpCode(204)
  async drop(@Param('id') id: string): Promise<void> {
    await this.letters.drop(id);
  }
}
