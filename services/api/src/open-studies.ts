import { databaseNow, openDatabase, type Config } from '@palimpsest/platform';
import { migrations } from './database/migrations.js';
import type { Tables } from './database/schema.js';
import { DeadLetters } from './queue/dead-letters.js';
import { StudyViews } from './studies/study-view.js';

/**
 * What a database that no server has open knows, to look at and to tidy up.
 *
 * @throws PlatformError `conflict` while another process has it
 */
export async function openStudies(
  config: Pick<Config, 'DATABASE_URL'>,
): Promise<{ views: StudyViews; deadLetters: DeadLetters; close: () => Promise<void> }> {
  const db = await openDatabase<Tables>(config, migrations);
  const deadLetters = new DeadLetters(db, () => databaseNow(db));
  return { views: new StudyViews(db), deadLetters, close: () => db.destroy() };
}
