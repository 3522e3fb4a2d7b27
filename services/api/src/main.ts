import { runMain } from '@palimpsest/platform';
import { ApiModule } from './api.module.js';

await runMain(ApiModule, []);
