import { beforeAll, describe, expect, it } from 'vitest';
import { readEntry, readImage, type Entry, type ImageArchive } from '../../scripts/image/archive.mjs';
import { savedImage } from '../support/image.js';

const file = savedImage('runtime') ?? '';
const missing = file !== '' ? '' : ' (skipped: no image; scripts/image/build.sh builds it)';

describe.skipIf(missing !== '')(`the image as it was saved${missing}`, () => {
  let image: ImageArchive;
  let entries: Entry[];
  beforeAll(() => {
    image = readImage(file);
    entries = image.layers.flatMap((layer) => layer.entries);
  });
  const files = () => entries.filter(({ type }) => type === '0');
  const paths = (wanted: (entry: Entry) => boolean) => entries.filter(wanted).map((entry) => entry.path);

  it('is below 350 MB', () => {
    const bytes = image.layers.reduce((sum, layer) => sum + layer.bytes, 0);
    expect(bytes).toBeLessThan(350e6);
    expect(bytes).toBeGreaterThan(100e6);
  });

  it('holds no shell, no compiler and no package manager', () => {
    const tools =
      /(^|\/)(ba|da|a)?sh$|(^|\/)(busybox|apt|apt-get|dpkg|npm|npx|gcc|g\+\+|cc|make|perl|python3?)$/;
    const found = paths(
      ({ path: each, type }) => type !== '5' && !each.startsWith('app/') && tools.test(each),
    );
    expect(found).toEqual([]);
    expect(paths(({ path: each }) => each.startsWith('app/node_modules/npm/'))).toEqual([]);
    expect(paths(({ path: each }) => each === 'usr/local/bin/node')).toHaveLength(1);
  });

  it('holds no sources, types, source maps or tests of the program', () => {
    const unwanted =
      /^app\/.*\.([cm]?ts|map)$|^app\/(libs|services)\/.*(\.(spec|fixture)\.|-conformance\.|\/testing\/)/;
    expect(paths(({ path: each }) => unwanted.test(each))).toEqual([]);
    expect(paths(({ path: each }) => each === 'app/services/cli/dist/main.js')).toHaveLength(1);
  });

  it('has one build of ONNX Runtime', () => {
    expect(
      paths(({ path: each }) => /\/libonnxruntime\.|\/onnxruntime\.dll$|onnxruntime-web\//.test(each)),
    ).toEqual([
      expect.stringMatching(/onnxruntime-node\/bin\/napi-v\d+\/linux\/\w+\/libonnxruntime\.so\.1$/),
    ]);
  });

  it('has OpenBLAS, what it needs, and one build of what calls it', () => {
    const libraries = paths(({ path: each }) => /\/lib(openblas|gfortran)\./.test(each));
    expect(libraries).toEqual([
      expect.stringMatching(/^usr\/lib\/\w+-linux-gnu\/libgfortran\.so\.5$/),
      expect.stringMatching(/^usr\/lib\/\w+-linux-gnu\/libopenblas\.so\.0$/),
    ]);
    expect(paths(({ path: each }) => each.endsWith('/koffi.node'))).toHaveLength(1);
  });

  it('runs node as a user without rights and stops on SIGTERM', () => {
    const { User, Entrypoint, StopSignal, Env } = image.config.config;
    expect(User).toBe('65532:65532');
    expect(Entrypoint).toEqual(['node', '/app/services/cli/bin/palimpsest.js']);
    expect(StopSignal).toBe('SIGTERM');
    expect(Env).toEqual(expect.arrayContaining(['DATA_DIR=/data', 'HTTP_HOST=0.0.0.0']));
  });

  it('lets users write to /data and temporary folders alone', () => {
    const open = paths(({ type, mode, uid }) => type !== '2' && (uid !== 0 || (mode & 0o002) !== 0));
    const known = /^(data|tmp|var\/tmp|var\/lock|run\/lock|home\/nonroot)\/$/;
    expect(open.filter((each) => !known.test(each))).toEqual([]);
    expect(open).toContain('data/');
    expect(files().filter(({ mode }) => (mode & 0o6000) !== 0)).toEqual([]);
  });

  it('says what it is in its labels', () => {
    const label = (name: string) => image.config.config.Labels[`org.opencontainers.image.${name}`];
    expect(image.names.map((name) => name.split(':')[1])).toEqual([label('version')]);
    expect(label('licenses')).toBe('Apache-2.0');
    expect(label('title')).toBe('Palimpsest');
    expect(label('revision')).toMatch(/^[0-9a-f]{40}(-dirty)?$/);
  });

  it('has no dates but 1970 and that of its label', () => {
    const created = Date.parse(image.config.config.Labels['org.opencontainers.image.created'] ?? '') / 1000;
    expect(new Set(entries.map(({ modified }) => modified))).toEqual(new Set([0, created]));
  });

  it('lists every installed package, Node and the packages of Debian in its bill of materials', () => {
    const [sbom] = files().filter((entry) => entry.path === 'app/sbom.cdx.json');
    const { components } = JSON.parse(readEntry(file, sbom!).toString()) as {
      components: { name: string; 'bom-ref': string }[];
    };
    const listed = components.map((component) => component['bom-ref']);
    const manifest = /^app\/(.*\/)?(node_modules|libs|services)\/(@[^/]+\/)?[^/@]+\/package\.json$/;
    const installed = files()
      .filter((entry) => manifest.test(entry.path))
      .map((entry) => JSON.parse(readEntry(file, entry).toString()) as { name: string; version: string })
      .map(({ name, version }) => `${name}@${version}`);
    expect(installed.length).toBeGreaterThan(100);
    expect(installed.filter((each) => !listed.includes(each))).toEqual([]);
    expect(components.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['node', 'libc6', 'libstdc++6', 'libopenblas0-pthread', 'libgfortran5']),
    );
    expect(listed.filter((each) => each.startsWith('onnxruntime-'))).toEqual([
      expect.stringMatching(/^onnxruntime-common@/),
      expect.stringMatching(/^onnxruntime-node@/),
    ]);
  });
});
