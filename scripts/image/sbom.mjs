// Completes the bill of materials that npm wrote: node sbom.mjs NPM_SBOM APP STATUS_FOLDER >SBOM
// Packages that were taken out of APP again are left out, Node and the Debian packages described in STATUS_FOLDER added.
// Without date and serial number, so that the same parts give the same bytes.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const [npmSbom, app, statusFolder] = process.argv.slice(2);
const sbom = JSON.parse(readFileSync(npmSbom, 'utf8'));

/** Name and version of every package in the folder, as npm refers to them. */
function installedRefs() {
  const manifests = readdirSync(app, { recursive: true }).filter(
    (file) => path.basename(file) === 'package.json',
  );
  return manifests.map((file) => {
    const { name, version } = JSON.parse(readFileSync(path.join(app, file), 'utf8'));
    return `${name}@${version}`;
  });
}

function debianComponents() {
  const files = readdirSync(statusFolder)
    .filter((name) => !name.endsWith('.md5sums'))
    .sort();
  return files.map((name) => {
    const status = readFileSync(path.join(statusFolder, name), 'utf8');
    const field = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(status)?.[1];
    const version = field('Version');
    const purl = `pkg:deb/debian/${field('Package')}@${encodeURIComponent(version)}?arch=${field('Architecture')}`;
    return { type: 'library', 'bom-ref': purl, name: field('Package'), version, purl };
  });
}

const node = {
  type: 'application',
  'bom-ref': 'node',
  name: 'node',
  version: process.versions.node,
  purl: `pkg:generic/node@${process.versions.node}`,
};
const installed = new Set(installedRefs());
const kept = sbom.components.filter((component) => installed.has(component['bom-ref']));
sbom.components = [...kept, node, ...debianComponents()];
const refs = new Set([sbom.metadata.component, ...sbom.components].map((component) => component['bom-ref']));
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
// By npm it is called like the folder.
sbom.metadata.component.name = 'palimpsest';
delete sbom.metadata.timestamp;
delete sbom.serialNumber;
process.stdout.write(`${JSON.stringify(sbom, null, 2)}\n`);
