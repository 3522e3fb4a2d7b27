import { runMain } from '@palimpsest/platform';
import { ActivationsModule } from './activations.module.js';
import { definitions } from './tasks.js';

await runMain(ActivationsModule, definitions);
