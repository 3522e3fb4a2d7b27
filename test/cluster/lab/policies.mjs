import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CoreV1Api, KubeConfig, makeInformer, NetworkingV1Api } from '@kubernetes/client-node';
import { run } from '../../distributed/servers/commands.mjs';

const table = 'inet palimpsest-policies';
/** The end of a packet that a rule speaks of, and what a rule calls its list of them. */
const directions = {
  Egress: { peers: 'to', end: 'daddr' },
  Ingress: { peers: 'from', end: 'saddr' },
};

/**
 * What a network plugin does about NetworkPolicies: rules of nftables, written anew whenever a pod, a namespace or a
 * policy changes. A pod that is not known yet gets nothing through, so that nobody is early. Bridges pass what goes from
 * pod to pod through these rules, too (`bridge-nf-call-iptables`).
 */
export async function startPolicies(cluster) {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig('admin'));
  const core = config.makeApiClient(CoreV1Api);
  const networking = config.makeApiClient(NetworkingV1Api);
  const known = {
    pods: makeInformer(config, '/api/v1/pods', () => core.listPodForAllNamespaces()),
    namespaces: makeInformer(config, '/api/v1/namespaces', () => core.listNamespace()),
    policies: makeInformer(config, '/apis/networking.k8s.io/v1/networkpolicies', () =>
      networking.listNetworkPolicyForAllNamespaces(),
    ),
  };
  let going = true;
  let written = Promise.resolve();
  let asked = false;
  const write = async () => {
    asked = false;
    const now = Object.entries(known).map(([kind, informer]) => [kind, informer.list()]);
    await apply(cluster, rulesOf({ range: cluster.place.pods, ...Object.fromEntries(now) }));
  };
  const change = () => {
    if (asked || !going) return;
    asked = true;
    written = written.then(write).catch((error) => {
      console.error(`policies are written again: ${error.message}`);
      setTimeout(change, 200);
    });
  };
  const informers = Object.values(known);
  for (const informer of informers) {
    informer.on('change', change);
    informer.on('delete', change);
    informer.on('error', () => setTimeout(() => going && informer.start(), 500));
    await informer.start();
  }
  await write();
  return {
    remove: async () => {
      going = false;
      await Promise.all(informers.map((informer) => informer.stop()));
      await written;
    },
  };
}

async function apply({ folder, wrap: [program, ...words] }, rules) {
  const file = path.join(folder, 'policies.nft');
  await writeFile(file, rules);
  await run(program, [...words, 'nft', '-f', file]);
}

/** The rules of all pods, in one step that takes the place of those before. @param of.range addresses of pods */
export function rulesOf({ pods, namespaces, policies, range }) {
  const here = pods.filter(({ spec, status }) => !spec.hostNetwork && isAlive(status)).map(placeOf);
  const world = { pods: here, namespaces, policies };
  const chains = Object.keys(directions).map((direction) => chainsOf(direction, world));
  const known = 'ct state established,related accept';
  return `table ${table} {}
delete table ${table}
table ${table} {
${chains.join('\n')}
chain forward {
type filter hook forward priority filter
${known}
ip saddr ${range} jump Egress
ip daddr ${range} jump Ingress
}
chain input {
type filter hook input priority filter
${known}
ip saddr ${range} jump Egress
}
}
`;
}

const isAlive = ({ podIP, phase }) => podIP !== undefined && ['Pending', 'Running'].includes(phase);

const placeOf = ({ metadata, spec, status }) => ({
  ...{ address: status.podIP, namespace: metadata.namespace, labels: metadata.labels ?? {} },
  ports: spec.containers.flatMap((container) => container.ports ?? []),
});

function chainsOf(direction, world) {
  const own = direction === 'Egress' ? 'saddr' : 'daddr';
  const verdicts = world.pods.map(({ address }) => `${address} : goto ${direction}-${address}`);
  const each = world.pods.map((pod) =>
    chainOf(`${direction}-${pod.address}`, linesOf(direction, pod, world)),
  );
  const all = verdicts.length > 0 ? [`ip ${own} vmap { ${verdicts.join(', ')} }`] : [];
  return [...each, chainOf(direction, [...all, 'drop'])].join('\n');
}

const chainOf = (name, lines) => `chain ${name} {\n${lines.join('\n')}\n}`;

/** A pod that no policy selects may do everything; one that some do, what any of them allows. */
function linesOf(direction, pod, world) {
  const selecting = world.policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      spec.policyTypes.includes(direction) &&
      selects(spec.podSelector, pod.labels),
  );
  if (selecting.length === 0) return ['return'];
  const lines = selecting.flatMap(({ spec }) =>
    (spec[direction.toLowerCase()] ?? []).flatMap((rule) => allowed(direction, { rule, pod, world })),
  );
  return [...lines, 'drop'];
}

/** One line for each peer and port of a rule. */
function allowed(direction, { rule, pod, world }) {
  const { peers, end } = directions[direction];
  const anyone = [{ match: '' }];
  const others = rule[peers]?.flatMap((peer) => peersOf(peer, { end, pod, world })) ?? anyone;
  const ports = rule.ports ?? [undefined];
  return others.flatMap(({ match, peer }) =>
    ports.map((port) => `${match}${portOf(port, direction === 'Egress' ? peer : pod)}return`),
  );
}

function peersOf({ ipBlock, namespaceSelector, podSelector }, { end, pod, world }) {
  if (ipBlock?.except)
    throw new Error(`expected an ipBlock without except, found ${JSON.stringify(ipBlock)}`);
  if (ipBlock) return [{ match: `ip ${end} ${ipBlock.cidr} ` }];
  const spaces = namespaceSelector
    ? world.namespaces.filter(({ metadata }) => selects(namespaceSelector, metadata.labels ?? {}))
    : [{ metadata: { name: pod.namespace } }];
  const names = spaces.map(({ metadata }) => metadata.name);
  return world.pods
    .filter(({ namespace, labels }) => names.includes(namespace) && selects(podSelector ?? {}, labels))
    .map((peer) => ({ match: `ip ${end} ${peer.address} `, peer }));
}

/** @param owner whose port it is, which knows it by its name */
function portOf(wanted, owner) {
  if (!wanted) return '';
  const { port, protocol = 'TCP' } = wanted;
  const number =
    typeof port === 'number' ? port : owner?.ports.find(({ name }) => name === port)?.containerPort;
  if (number === undefined)
    throw new Error(`expected a number or a pod's port, found ${JSON.stringify(wanted)}`);
  return `${protocol.toLowerCase()} dport ${number} `;
}

function selects({ matchLabels = {}, matchExpressions }, labels) {
  if (matchExpressions)
    throw new Error(`expected matchLabels alone, found ${JSON.stringify(matchExpressions)}`);
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}
