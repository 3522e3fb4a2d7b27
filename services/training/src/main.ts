import { runMain } from '@palimpsest/platform';
import { definitions } from './tasks.js';
import { TrainingModule } from './training.module.js';

await runMain(TrainingModule, definitions);
