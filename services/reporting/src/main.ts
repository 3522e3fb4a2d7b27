import { runMain } from '@palimpsest/platform';
import { ReportingModule } from './reporting.module.js';
import { definitions } from './tasks.js';

await runMain(ReportingModule, definitions);
