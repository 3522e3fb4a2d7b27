import { openDatabase, type Config } from '@palimpsest/platform';
import { migrations } from './database/migrations.js';
import type { Tables } from './database/schema.js';
import { StudyViews } from './studies/study-view.js';

/**
 * Studies of a database that no server has open, to look at and no more.
 *
 * @throws PlatformError `conflict` while another process has it
 */
export async function openStudies(
  config: Pick<Config, 'DATABASE_URL'>,
): Promise<{ views: StudyViews; close: () => Promise<void> }> {
  const db = await openDatabase<Tables>(config, migrations);
  return { views: new StudyViews(db), close: () => db.destroy() };
}
