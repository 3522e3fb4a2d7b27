import { runMain } from '@palimpsest/platform';
import { AnalysisModule } from './analysis.module.js';
import { definitions } from './tasks.js';

await runMain(AnalysisModule, definitions);
