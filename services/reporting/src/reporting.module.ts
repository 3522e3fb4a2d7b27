import { Module } from '@nestjs/common';
import { PlatformModule, taskService } from '@palimpsest/platform';
import { definitions } from './tasks.js';

/** Answers requests for reports. */
@Module({ imports: [PlatformModule], providers: taskService(definitions) })
export class ReportingModule {}
