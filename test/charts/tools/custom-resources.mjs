// Definitions of custom resources, from the sources of those who define them.
import { cp, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../distributed/servers/commands.mjs';
import { moduleFolder } from './programs.mjs';
import { strimziDefinitions } from './strimzi.mjs';

/** Module, version and folder below it. */
const published = [
  ['github.com/kedacore/keda/v2', 'v2.21.0', 'config/crd/bases'],
  ['sigs.k8s.io/gateway-api', 'v1.6.3', 'config/crd/standard'],
  ['github.com/cloudnative-pg/cloudnative-pg', 'v1.27.0', 'config/crd/bases'],
  ['sigs.k8s.io/kueue', 'v0.17.0', 'config/components/crd/bases'],
];
const operator = ['github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring', 'v0.95.2'];
const generator = 'sigs.k8s.io/controller-tools/cmd/controller-gen@v0.21.0';

/** Files with definitions of the custom resources that the chart and `k8s/` use. @param aside an empty-enough folder */
export async function customResources(aside) {
  const files = [];
  for (const [module, version, below] of published) {
    const folder = path.join(await moduleFolder(module, version), below);
    for (const name of await readdir(folder)) if (name.endsWith('.yaml')) files.push(path.join(folder, name));
  }
  return [...files, ...(await prometheusDefinitions(aside)), ...(await strimziDefinitions(aside))];
}

/** The Prometheus operator publishes its types as a module, its definitions not: they are generated from the types. */
async function prometheusDefinitions(aside) {
  const [sources, out] = [path.join(aside, 'monitoring'), path.join(aside, 'monitoring-crds')];
  await cp(await moduleFolder(...operator), sources, { recursive: true });
  await run('chmod', ['-R', 'u+w', sources]);
  await mkdir(out);
  const args = ['run', generator, 'crd', 'paths=./v1/...', `output:crd:dir=${out}`];
  await run('go', args, { cwd: sources, env: { ...process.env, GOFLAGS: '-mod=mod' } });
  return (await readdir(out)).map((name) => path.join(out, name));
}
