import { runMain } from '@palimpsest/platform';
import { IngestionModule } from './ingestion.module.js';
import { definitions } from './tasks.js';

await runMain(IngestionModule, definitions);
