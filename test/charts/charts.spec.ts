import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import yaml from 'yaml';
import { permissionsIn } from '@palimpsest/platform';
import { exceptions } from './exceptions.js';
import { cases, render, renderedPath } from './render.mjs';
import { programNames, programPath } from './tools/programs.mjs';
import { kubernetesVersions, schemaLocations, schemasFolder } from './tools/schemas.mjs';

const chart = 'helm/palimpsest';
const lacking = programNames.filter((name) => !programPath(name));
const schemas = schemasFolder();
const helm = programPath('helm') ?? '';
const helm4 = programPath('helm4') ?? '';

/** Runs a program. @returns its exit code and all that it wrote */
function attempt(program: string, args: string[]): { ok: boolean; said: string } {
  try {
    return { ok: true, said: execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }) };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return { ok: false, said: stdout + stderr };
  }
}

interface Manifest {
  kind: string;
  metadata: { name: string };
  data?: Record<string, string>;
  spec?: unknown;
  rules?: { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[];
}
const parsed = (text: string) => yaml.parseAllDocuments(text).map((each) => each.toJS() as Manifest);

/** The template of a Job out of its ConfigMap, named as the program names it. */
const jobOf = (name: string) => {
  const template = parsed(readFileSync(renderedPath(name), 'utf8')).find(({ data }) => data?.['job.yaml'])
    ?.data?.['job.yaml'];
  if (template === undefined) return undefined;
  const job = yaml.parse(template) as Manifest;
  return yaml.stringify({ ...job, metadata: { ...job.metadata, name: 'train', namespace: 'lab' } });
};

describe.skipIf(lacking.length > 0)(`the chart (needs ${programNames.join(', ')})`, () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-charts-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(cases)('renders case %s to what is in k8s/rendered', (name) => {
    expect(render(name)).toBe(readFileSync(renderedPath(name), 'utf8'));
  });

  it('has no manifest in k8s/rendered of a case that is gone', () => {
    expect(readdirSync('k8s/rendered').sort()).toEqual(cases.map((name) => `${name}.yaml`).sort());
  });

  it.each(cases)('renders case %s alike with Helm 4', (name) => {
    // Only empty lines differ.
    expect(parsed(render(name, { helm: helm4 }))).toEqual(parsed(render(name)));
  });

  it.each(cases)('is found in order by helm lint with case %s', (name) => {
    const lint = ['lint', chart, '--strict', '--kube-version', kubernetesVersions[0] ?? ''];
    const { ok, said } = attempt(helm, [...lint, '--values', `${chart}/cases/${name}.yaml`]);
    expect(said).not.toMatch(/WARNING|ERROR/);
    expect(ok).toBe(true);
  });

  it.each(['minimal', 'gpu-pool'])('allows training in case %s exactly what the program uses', (name) => {
    const rules = parsed(readFileSync(renderedPath(name), 'utf8')).find(({ kind }) => kind === 'Role')?.rules;
    const granted = rules?.map(({ apiGroups: [group], resources: [resource], verbs, resourceNames }) => {
      return { group, resource, verbs, ...(resourceNames && { name: resourceNames[0] }) };
    });
    expect(granted).toEqual(permissionsIn({ owner: 'palimpsest-job' }));
  });

  it('passes the tests of its templates', () => {
    const { ok, said } = attempt(programPath('helm-unittest') ?? '', ['--strict', chart]);
    expect(ok, said).toBe(true);
    expect(said).toMatch(/Tests: +\d\d+ passed/);
  });

  it('gives no pod a name twice in its environment', () => {
    for (const name of cases) {
      for (const [list = ''] of render(name).matchAll(
        /^ +env:\n(?: +(?:- name|value|valueFrom|- \{ name).*\n)+/gm,
      )) {
        const names = [...list.matchAll(/name: (\w+)/g)].map(([, each]) => each);
        expect(names).toEqual([...new Set(names)]);
      }
    }
  });

  it.each(cases)('has nothing in case %s that kube-score minds, but for what is explained', (name) => {
    const file = join(folder, `${name}-score.yaml`);
    writeFileSync(file, `${readFileSync(renderedPath(name), 'utf8')}\n---\n${jobOf(name) ?? ''}`);
    const args = ['score', '--kubernetes-version', 'v1.31', '-o', 'json', file];
    const { said } = attempt(programPath('kube-score') ?? '', args);
    const scores = JSON.parse(said) as {
      object_name: string;
      checks: { check: { id: string }; grade: number; skipped: boolean }[];
    }[];
    const minded = scores.flatMap(({ object_name, checks }) =>
      checks
        .filter(({ check, grade, skipped }) => !skipped && grade < 10 && !(check.id in exceptions))
        .map(({ check }) => `${object_name}: ${check.id}`),
    );
    expect(scores.length).toBeGreaterThan(0);
    expect(minded).toEqual([]);
  });

  describe.skipIf(!schemas)('against the schemas (needs pip and mvn)', () => {
    it.each(cases.flatMap((name) => kubernetesVersions.map((version) => [name, version] as const)))(
      'case %s is what Kubernetes %s and its extensions accept, every field',
      (name, version) => {
        const files = [renderedPath(name)];
        const job = jobOf(name);
        if (job !== undefined) {
          files.push(join(folder, `${name}-job.yaml`));
          writeFileSync(join(folder, `${name}-job.yaml`), job);
        }
        const args = [
          '-strict',
          '-summary',
          '-kubernetes-version',
          version,
          ...schemaLocations(schemas ?? ''),
        ];
        const { ok, said } = attempt(programPath('kubeconform') ?? '', [...args, ...files]);
        expect(said).toMatch(/Invalid: 0, Errors: 0, Skipped: 0/);
        expect(ok).toBe(true);
      },
    );

    it('what k8s/dependencies asks for is accepted too', () => {
      const args = ['-strict', '-summary', '-kubernetes-version', kubernetesVersions[0] ?? ''];
      const ignore = ['-ignore-filename-pattern', '.*values.yaml'];
      const command = [...args, ...schemaLocations(schemas ?? ''), ...ignore, 'k8s/dependencies'];
      const { ok, said } = attempt(programPath('kubeconform') ?? '', command);
      expect(said).toMatch(/Invalid: 0, Errors: 0, Skipped: 0/);
      expect(ok).toBe(true);
    });
  });

  const refused: [string, string[], RegExp][] = [
    ['a setting that is not known', ['settings.ENGIN=onnx'], /settings.*ENGIN/],
    ['a setting out of its bounds', ['settings.LEASE_SECONDS=0'], /LEASE_SECONDS/],
    ['a secret among the settings', ['settings.S3_SECRET_KEY=abc'], /S3_SECRET_KEY/],
    ['a service that does not exist', ['services.trainig.replicas=2'], /trainig/],
    ['replicas in words', ['services.api.replicas=two'], /services\/api\/replicas/],
    ['a URL of another broker', ['bus.url=amqp://queue'], /bus\/url/],
    ['no store', ['store.url='], /store\.url: expected s3:/],
    ['no database', ['database.url=', 'database.existingSecret='], /database\.url: expected postgres:/],
    ['less than no GPU', ['jobs.gpus=-1'], /jobs\/gpus/],
    ['a GPU resource without its domain', ['jobs.gpuResource=gpu'], /gpuResource/],
    ['a digest that is cut off', ['image.digest=sha256:12'], /image\/digest/],
    [
      'two autoscalers for one service',
      [
        'services.api.autoscaling.minReplicas=1',
        'services.api.autoscaling.maxReplicas=2',
        'services.api.autoscaling.cpu=70',
        'services.api.keda.minReplicas=1',
        'services.api.keda.maxReplicas=2',
      ],
      /services\.api: expected one of autoscaling and keda, found both/,
    ],
    ['a way in to no api', ['services.api=null', 'ingress.enabled=true'], /services\.api: expected/],
    ['Jobs beside an embedded store', ['mode=single', 'store.url='], /jobs\.kind: kubernetes needs a store/],
    [
      'two pods on one embedded database',
      ['mode=single', 'jobs.kind=process', 'database.url=pglite:/data/db', 'single.replicas=2'],
      /single: expected one pod/,
    ],
    [
      'two pods on files of one',
      ['mode=single', 'jobs.kind=process', 'store.url=file:/data/store', 'single.replicas=2'],
      /single: expected one pod/,
    ],
    ['an image without a name', ['image.repository='], /image\/repository/],
    ['a tag in the name of an image', ['image.repository=palimpsest/runtime:0.1.0'], /image\/repository/],
    ['space in words', ['jobs.ephemeralStorage=lots'], /ephemeralStorage/],
    ['a toleration of no kind', ['jobs.tolerations[0].operator=Foo'], /tolerations\/0\/operator/],
    ['a budget of another kind', ['defaults.disruptionBudget.most=1'], /disruptionBudget/],
    ['how many tasks at once among the settings', ['settings.CONCURRENCY=3'], /CONCURRENCY/],
    ['dots in names', ['fullnameOverride=a.b'], /fullnameOverride/],
  ];
  it.each(refused)('refuses %s, and names it', (_, sets, expected) => {
    const args = sets.flatMap((set) => ['--set', set]);
    expect(() => render('minimal', { args })).toThrow(expected);
  });
});
