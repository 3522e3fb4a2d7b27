import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './commands.mjs';

/**
 * Makes a certificate authority and certificates signed by it, of a server at 127.0.0.1 and of a client; PEM files,
 * valid for 30 days.
 *
 * @returns paths: `ca`, and `{ cert, key, chain }` of `server` and `client`; `chain` is key and certificate in one file
 */
export async function makeCertificates(folder) {
  await mkdir(folder, { recursive: true });
  const ca = path.join(folder, 'ca.pem');
  await openssl(
    folder,
    'req',
    '-x509',
    ...newKey('ca.key'),
    '-out',
    ca,
    '-days',
    '30',
    '-subj',
    '/CN=palimpsest test authority',
  );
  const server = await signed(folder, 'server', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  const client = await signed(folder, 'client', 'extendedKeyUsage=clientAuth');
  return { ca, server, client };
}

const newKey = (file) => [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:prime256v1',
  '-nodes',
  '-keyout',
  file,
];

async function signed(folder, name, extension) {
  const [cert, key, chain] = ['pem', 'key', 'chain.pem'].map((ending) =>
    path.join(folder, `${name}.${ending}`),
  );
  await writeFile(path.join(folder, `${name}.ext`), `${extension}\n`);
  await openssl(folder, 'req', ...newKey(key), '-out', `${name}.csr`, '-subj', `/CN=palimpsest ${name}`);
  const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
  await openssl(
    folder,
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...authority,
    '-out',
    cert,
    '-days',
    '30',
    '-extfile',
    `${name}.ext`,
  );
  await writeFile(chain, `${await readFile(key, 'utf8')}${await readFile(cert, 'utf8')}`);
  return { cert, key, chain };
}

const openssl = (folder, ...args) => run('openssl', args, { cwd: folder });
