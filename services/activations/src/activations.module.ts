import { Module } from '@nestjs/common';
import { PlatformModule, taskService } from '@palimpsest/platform';
import { definitions } from './tasks.js';

/** Reads activations out of networks. */
@Module({ imports: [PlatformModule], providers: taskService(definitions) })
export class ActivationsModule {}
