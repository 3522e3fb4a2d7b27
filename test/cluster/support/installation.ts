import { execFile } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@palimpsest/testing';
import { programPath } from '../../charts/tools/programs.mjs';
import { readImage } from '../../../scripts/image/archive.mjs';
import { savedImage } from '../../support/image.js';
import { writeTinyStudy } from '../../support/tiny-study.mjs';
import { missing as missingLab, startLab, type Lab } from '../lab/lab.mjs';
import { makeGpuPool, ontoGpuPool } from './gpu-pool.js';
import { kueueImage } from './queue.js';
import { addresses, credentials, startServers, values as serversValues } from './servers.js';

const run = promisify(execFile);
const ours = 'helm/palimpsest';
const small = { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '1Gi' } };

type Helm = 'helm' | 'helm4';

interface Deployed {
  chart?: string;
  values: object;
  /** More arguments of `helm upgrade`. */
  args?: string[];
  helm?: Helm;
}

/** Why the chart cannot be installed on a cluster of this machine, in words; undefined when it can. */
export function missing(): string | undefined {
  if (missingLab({ mode: 'node' })) return missingLab({ mode: 'node' });
  for (const name of ['helm', 'helm4'] as const)
    if (!programPath(name)) return `no ${name}: node test/charts/tools/fetch.mjs`;
  if (!savedImage('runtime')) return 'no image: scripts/image/build.sh';
  return savedImage('servers') ? undefined : 'no image of the servers: test/cluster/servers/build.sh';
}

/** Writes the names of the addresses, each `name=host:port`, that take a connection within two seconds. */
const probe = `
const { connect } = require('node:net');
const tried = process.argv.slice(1).map((each) => new Promise((resolve) => {
  const [name, host, port] = each.split(/[=:]/);
  const socket = connect({ host, port: Number(port), timeout: 2000 });
  const end = (found) => { socket.destroy(); resolve(found); };
  socket.on('connect', () => end(name)).on('timeout', () => end()).on('error', () => end());
}));
Promise.all(tried).then((names) => console.log(names.filter(Boolean).join(' ')));
`;

/** What a saved image is called. */
function nameOf(archive: string): { repository: string; tag: string } {
  const [, repository = '', tag = ''] = /^(.+):([^:]+)$/.exec(readImage(archive).names[0] ?? '') ?? [];
  return { repository, tag };
}

/** The chart on a cluster with one real node, and beside it broker, store and database. */
export class Installation {
  readonly namespace = 'lab';
  readonly release = 'palimpsest';

  readonly #image = { ...nameOf(savedImage('runtime') as string), pullPolicy: 'Never' };

  private constructor(
    readonly lab: Lab,
    /** Seen by the pods of `ingestion` under the same path. */
    readonly folder: string,
  ) {}

  static async start(): Promise<Installation> {
    // Users other than the one who runs the tests must be let in.
    const folder = mkdtempSync(path.join(tmpdir(), 'palimpsest-study-'));
    chmodSync(folder, 0o755);
    const images = [savedImage('runtime'), savedImage('servers'), kueueImage()];
    const lab = await startLab({ mode: 'node', images: images.filter((image) => image !== undefined) });
    const installation = new Installation(lab, folder);
    try {
      await installation.#prepare();
      return installation;
    } catch (error) {
      await installation.remove();
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    await startServers(this.lab);
    await this.lab.kubectl('create', 'namespace', this.namespace);
    const literals = Object.entries(credentials).map(([name, value]) => `--from-literal=${name}=${value}`);
    await this.kubectl('create', 'secret', 'generic', 'store', ...literals);
    await makeGpuPool(this.lab, 2);
  }

  /** In the namespace of the release. */
  kubectl(...args: string[]): Promise<string> {
    return this.lab.kubectl('--namespace', this.namespace, ...args);
  }

  helm(...args: string[]): Promise<string> {
    return this.#helm('helm', args);
  }

  /** Helm 4, instead of Helm 3. */
  helm4(...args: string[]): Promise<string> {
    return this.#helm('helm4', args);
  }

  async #helm(program: Helm, args: string[]): Promise<string> {
    const cluster = ['--kubeconfig', this.lab.kubeconfig, '--namespace', this.namespace];
    return (await run(programPath(program) as string, [...cluster, ...args])).stdout;
  }

  /** Installs or upgrades the release and waits until it is ready. @param more values beside the usual ones */
  async install(...more: string[]): Promise<void> {
    const args = more.flatMap((value) => ['--set', value]);
    await this.deploy(this.release, { values: this.#values(), args });
  }

  /** Installs a chart, ours by default, or upgrades its release, and waits until it is ready. */
  async deploy(release: string, { chart = ours, values, args = [], helm = 'helm' }: Deployed): Promise<void> {
    const file = path.join(this.lab.folder, `${release}.json`);
    writeFileSync(file, JSON.stringify(values));
    const wait = ['--install', '--wait', '--timeout', '4m'];
    await this.#helm(helm, ['upgrade', release, chart, ...wait, '--values', file, ...args]);
  }

  /** Upgrades the release to an image of another version, which differs in nothing but its name. */
  async upgrade(tag: string, ...more: string[]): Promise<void> {
    const { repository, tag: here } = this.#image;
    await this.lab.nameImage(`${repository}:${here}`, `${repository}:${tag}`);
    await this.install(`image.tag=${tag}`, ...more);
  }

  /** The whole program in one pod, with its data in a folder of the node, by Helm 4. @returns the release's name */
  async installAlone(): Promise<string> {
    const data = path.join(this.folder, 'data');
    mkdirSync(data);
    chmodSync(data, 0o777);
    const spec = { accessModes: ['ReadWriteOnce'], storageClassName: '' };
    await this.lab.apply({
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'data' } },
      spec: { ...spec, capacity: { storage: '1Gi' }, hostPath: { path: data } },
    });
    await this.lab.apply({
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
      metadata: { name: 'data', namespace: this.namespace },
      spec: { ...spec, volumeName: 'data', resources: { requests: { storage: '1Gi' } } },
    });
    const values = {
      ...{ image: this.#image, mode: 'single', jobs: { kind: 'process' }, data: { existingClaim: 'data' } },
      single: { resources: { ...small, limits: { memory: '4Gi' } } },
      // There is no other node; Jobs tolerate its taint by themselves.
      defaults: { tolerations: ontoGpuPool.tolerations },
    };
    await this.deploy('alone', { values, helm: 'helm4' });
    return 'alone';
  }

  #values() {
    const services = ['api', 'ingestion', 'training', 'activations', 'analysis', 'reporting'];
    return {
      image: this.#image,
      ...serversValues,
      defaults: { tolerations: ontoGpuPool.tolerations },
      services: Object.fromEntries(services.map((name) => [name, { resources: small }])),
      jobs: { gpus: 1, gpuNodeSelector: ontoGpuPool.nodeSelector },
      datasets: { mountPath: this.folder, volume: { hostPath: { path: this.folder } } },
      networkPolicy: {
        ...serversValues.networkPolicy,
        apiFrom: [{ podSelector: {} }, { ipBlock: { cidr: `${this.lab.host}/32` } }],
        apiServerPorts: [Number(this.#apiServer().port)],
      },
    };
  }

  #apiServer(): URL {
    const { clusters } = JSON.parse(readFileSync(this.lab.kubeconfig, 'utf8')) as {
      clusters: [{ cluster: { server: string } }];
    };
    return new URL(clusters[0].cluster.server);
  }

  /** A study with that many epochs a stage. @returns its file */
  async study(name: string, epochs: number): Promise<string> {
    const file = await writeTinyStudy(path.join(this.folder, name));
    for (const entry of readdirSync(this.folder, { recursive: true, encoding: 'utf8' })) {
      const each = path.join(this.folder, entry);
      chmodSync(each, statSync(each).isDirectory() ? 0o755 : 0o644);
    }
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replaceAll('maxEpochs: 2', `maxEpochs: ${epochs}`));
    return file;
  }

  /** The address of `api`, which this machine reaches. */
  async server(): Promise<string> {
    const address = ['get', 'service', `${this.release}-api`, '--output', 'jsonpath={.spec.clusterIP}'];
    return `http://${await this.kubectl(...address)}:7315`;
  }

  /** Which of the release's neighbours a pod reaches, or one of `deployment/<name>`. */
  async reachedFrom(pod: string, namespace = this.namespace): Promise<string[]> {
    const [cluster, api] = [this.#apiServer().host, new URL(await this.server()).host];
    const targets = Object.entries({ ...addresses, cluster, api });
    const words = targets.map(([name, address]) => `${name}=${address}`);
    const exec = ['--namespace', namespace, 'exec', pod, '--', 'node', '-e', probe, ...words];
    let reached = '';
    // What is let through to a new pod is known a moment after the pod is ready.
    await eventually(
      `${pod} reaches somebody`,
      async () => (reached = (await this.lab.kubectl(...exec)).trim()),
      30_000,
    );
    return reached.split(' ');
  }

  /** Which of them a new pod reaches that does nothing. */
  async reachedByOther(namespace: string, labels: Record<string, string> = {}): Promise<string[]> {
    const image = `${this.#image.repository}:${this.#image.tag}`;
    const command = ['node', '-e', 'setInterval(() => {}, 1e9)'];
    await this.lab.apply({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'other', namespace, labels } },
      spec: {
        containers: [{ name: 'main', image, imagePullPolicy: 'Never', command }],
        tolerations: ontoGpuPool.tolerations,
        terminationGracePeriodSeconds: 0,
      },
    });
    const inThere = (...args: string[]) => this.lab.kubectl('--namespace', namespace, ...args);
    await inThere('wait', '--for=condition=Ready', 'pod/other', '--timeout=60s');
    const reached = await this.reachedFrom('pod/other', namespace);
    // Nobody made it: a drain would not take it.
    await inThere('delete', 'pod/other');
    return reached;
  }

  /** Names of what is there of a kind, of those with a label. @param more arguments of `kubectl get` */
  async names(kind: string, selector = '', ...more: string[]): Promise<string[]> {
    const found = await this.kubectl('get', kind, '--output', 'name', '--selector', selector, ...more);
    return found.split('\n').filter((line) => line !== '');
  }

  async remove(): Promise<void> {
    await this.lab.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
