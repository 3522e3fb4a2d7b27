import { Module } from '@nestjs/common';
import { PlatformModule, taskService } from '@palimpsest/platform';
import { definitions } from './tasks.js';

/** Trains networks. */
@Module({ imports: [PlatformModule], providers: taskService(definitions) })
export class TrainingModule {}
