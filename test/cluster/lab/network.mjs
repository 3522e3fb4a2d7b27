import { run } from '../../distributed/servers/commands.mjs';

/** What a cluster with a real node calls and addresses its things by, so that several can run beside each other. */
export function placeOf(index) {
  const name = `palimpsest-${index}`;
  return {
    ...{ namespace: name, link: `${name}-h`, cgroup: `/${name}-pods` },
    host: `10.201.${index}.1`,
    address: `10.201.${index}.2`,
    services: `10.202.${index}.0/24`,
    pods: `10.203.${index}.0/24`,
  };
}

/** A network namespace that the host reaches, with routes to pods and services; whatever an earlier one left is removed. */
export async function makeNetwork(place) {
  const { namespace, link, host, address, services, pods } = place;
  await removeNetwork(place);
  const ip = (...args) => run('ip', args);
  await ip('netns', 'add', namespace);
  await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  await ip('addr', 'add', `${host}/24`, 'dev', link);
  await ip('link', 'set', link, 'up');
  await ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  for (const device of ['eth0', 'lo']) await ip('-n', namespace, 'link', 'set', device, 'up');
  await ip('-n', namespace, 'route', 'add', 'default', 'via', host);
  for (const range of [services, pods]) await ip('route', 'add', range, 'via', address);
  const settings = ['net.ipv4.ip_forward=1', 'net.bridge.bridge-nf-call-iptables=1'];
  await run(wrap(place)[0], [...wrap(place).slice(1), 'sysctl', '-qw', ...settings]);
}

/** What goes before a command so that it runs in the network of the cluster. */
export const wrap = ({ namespace }) => ['nsenter', `--net=/run/netns/${namespace}`];

export async function removeNetwork({ namespace, link }) {
  for (const pod of await podNamespaces(namespace)) await tried('ip', 'netns', 'del', pod);
  await tried('ip', 'netns', 'del', namespace);
  await tried('ip', 'link', 'del', link);
}

/** The namespaces at the other ends of the links of the bridge. */
async function podNamespaces(namespace) {
  const links = await run('ip', ['-n', namespace, '-o', 'link', 'show', 'type', 'veth']).catch(() => '');
  return [...links.matchAll(/link-netns (cni-\S+)/g)].map(([, name]) => name);
}

/** What is not there need not be removed. */
const tried = (program, ...args) => run(program, args).catch(() => undefined);
