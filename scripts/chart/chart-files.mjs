import { format, resolveConfig } from 'prettier';
import { dashboard } from '../monitoring/dashboard.mjs';
import { plainRules } from '../monitoring/rules-files.mjs';
import { chartReadme } from './readme.mjs';
import { valuesSchema } from './values-schema.mjs';

const chart = 'helm/palimpsest';
const formatted = async (file, text) => [
  file,
  await format(text, { ...(await resolveConfig(file)), filepath: file }),
];

/** What is made of the chart from other sources, by path. */
export const chartFiles = async () =>
  Object.fromEntries(
    await Promise.all([
      formatted(`${chart}/values.schema.json`, JSON.stringify(valuesSchema())),
      [`${chart}/README.md`, chartReadme()],
      formatted(`${chart}/files/alerts.yaml`, plainRules()),
      formatted(`${chart}/files/dashboard.json`, JSON.stringify(dashboard())),
    ]),
  );
