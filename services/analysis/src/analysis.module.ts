import { Module } from '@nestjs/common';
import { PlatformModule, taskService } from '@palimpsest/platform';
import { definitions } from './tasks.js';

/** Similarity of networks, from their activations. */
@Module({ imports: [PlatformModule], providers: taskService(definitions) })
export class AnalysisModule {}
