import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const users = {
  admin: 'admin,admin,system:masters',
  kcm: 'system:kube-controller-manager,kcm',
  scheduler: 'system:kube-scheduler,scheduler',
  proxy: 'system:kube-proxy,proxy',
  kubelet: 'system:node:node-0,kubelet,system:nodes',
  kwok: 'kwok,kwok,system:masters',
};

/** Makes the key that service accounts' tokens are signed with, and a token for every part. @returns tokens by name */
export function makeCredentials(folder) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(path.join(folder, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), {
    mode: 0o600,
  });
  const tokens = Object.fromEntries(
    Object.keys(users).map((name) => [name, randomBytes(16).toString('hex')]),
  );
  const lines = Object.entries(users).map(([name, identity]) => `${tokens[name]},${identity}\n`);
  writeFileSync(path.join(folder, 'tokens.csv'), lines.join(''), { mode: 0o600 });
  return tokens;
}

/** Writes the file that KUBECONFIG takes, for whoever has a token. @returns its path */
export function writeKubeconfig(file, { server, certificate, token }) {
  const ca = readFileSync(certificate).toString('base64');
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'lab' },
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
    clusters: [{ name: 'lab', cluster: { server, 'certificate-authority-data': ca } }],
    users: [{ name: 'lab', user: { token } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
