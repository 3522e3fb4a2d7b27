import { weightSources } from '@palimpsest/networks';
import { print, printJson } from '../streams.js';
import { table } from '../text.js';
import { WeightLibrary } from './weight-library.js';

/** Lists the sources that are known by name and whatever else was imported. */
export async function listWeights({ json }: { json?: boolean }): Promise<void> {
  const records = await new WeightLibrary().list();
  const byName = new Map(records.map((record) => [record.name, record]));
  const known = weightSources.map((source) => ({ ...source, here: byName.get(source.name) ?? null }));
  const others = records.filter(({ name }) => !weightSources.some((source) => source.name === name));
  if (json) {
    printJson({ known, others });
    return;
  }
  const rows = known.map(({ name, architecture, preprocessing, address, here, licence }) => [
    name,
    architecture,
    preprocessing,
    here ? 'yes' : address === null ? 'by hand' : 'fetch',
    licence,
  ]);
  const own = others.map(({ name, architecture, preprocessing }) => [
    name,
    architecture,
    preprocessing,
    'yes',
    '',
  ]);
  print(table(['name', 'architecture', 'preprocessing', 'here', 'licence'], [...rows, ...own]));
  print('\nOne that is here, in a study: sources: { <any name>: { registered: <name> } }');
}
