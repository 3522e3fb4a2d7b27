import { Module } from '@nestjs/common';
import { PlatformModule, taskService } from '@palimpsest/platform';
import { definitions } from './tasks.js';

/** Datasets and weights from files to the store. */
@Module({ imports: [PlatformModule], providers: taskService(definitions) })
export class IngestionModule {}
