import { createServer, type Server } from 'node:http';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors, type Tensor } from '@palimpsest/formats';
import { buildNetwork } from '@palimpsest/networks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashFile } from '../download/hash-file.js';
import { runProgram } from '../program.js';
import { WeightLibrary } from './weight-library.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'palimpsest-weights-'));
  vi.stubEnv('DATA_DIR', join(folder, 'data'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function weights(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const out = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => Boolean((said.out += String(text))));
  const err = vi
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => Boolean((said.err += String(text))));
  try {
    return { code: await runProgram(['node', 'palimpsest', 'weights', ...args]), ...said };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

function aFile(
  name = 'mini.safetensors',
  change: (tensors: Map<string, Tensor>) => void = () => undefined,
): string {
  const network = buildNetwork('resnet-mini', { imageSize: 64, classes: 2, dropout: 0 });
  const base = network.weights.filter(({ part }) => part === 'base');
  const tensors = new Map(
    base.map(({ name: tensor, shape }): [string, Tensor] => [
      tensor,
      { shape: [...shape], data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5) },
    ]),
  );
  change(tensors);
  writeFileSync(join(folder, name), writeSafetensors(tensors));
  return join(folder, name);
}

/** Names of Keras before 2.2.4, of a network with one block a stage: `res2a_branch2b/kernel`. */
function olderName(name: string): string {
  if (name.startsWith('conv1_')) return name.replace('conv1_conv', 'conv1').replace('conv1_bn', 'bn_conv1');
  return name.replace(/^conv(\d)_block1_(\d)_(conv|bn)/, (_, stage, part, kind) => {
    const branch = part === '0' ? 'branch1' : `branch2${' abc'[Number(part)]}`;
    return `${kind === 'conv' ? 'res' : 'bn'}${stage}a_${branch}`;
  });
}

const sha256Of = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('palimpsest weights', () => {
  it('lists what is known, and what was imported', async () => {
    const before = await weights('list');
    expect(before.out).toMatch(/in a study: sources: \{ <any name>: \{ registered: <name> \} \}$/m);
    expect(before.out).toMatch(/imagenet-resnet50 +resnet50 +caffe +fetch +MIT/);
    expect(before.out).toMatch(/radimagenet-resnet50-caffe-255 +resnet50 +caffe\/255 +by hand/);
    await weights('import', aFile(), '--as', 'mine', '--preprocessing', 'torch');
    const { known, others } = JSON.parse((await weights('list', '--json')).out) as {
      known: { name: string; here: unknown; citation: string }[];
      others: { name: string; preprocessing: string }[];
    };
    expect(known[0]).toMatchObject({ name: 'imagenet-resnet50', here: null });
    expect(known.every(({ citation }) => citation.length > 20)).toBe(true);
    expect(others).toMatchObject([{ name: 'mine', preprocessing: 'torch' }]);
  });

  it('inspects a file: its form, the networks it fits and why not the others', async () => {
    const { code, out } = await weights('inspect', aFile(), '--tensors');
    expect(code).toBe(0);
    expect(out).toMatch(/^safetensors, \d+ kB, \d+ tensors, 115,632 numbers/);
    expect(out).toMatch(/^resnet-mini: yes, names of Keras$/m);
    expect(out).toMatch(
      /^resnet50: no: expected the tensors of resnet50, found \d+ of 318 at fault: conv1_conv\/kernel/m,
    );
    expect(out).toMatch(/conv1_conv\/kernel +\[3, 3, 3, 16\]/);
  });

  it('imports a file by its hash, once, and prints the lines for a study', async () => {
    const file = aFile();
    const first = await weights('import', file, '--as', 'mine', '--preprocessing', 'caffe/255');
    expect(first.code, first.err).toBe(0);
    const kept = join(folder, 'data/weights', `${sha256Of(file)}.safetensors`);
    expect(first.out).toBe('sources:\n  mine:\n    registered: mine\n');
    expect(sha256Of(kept)).toBe(sha256Of(file));
    const again = await weights('import', file, '--as', 'mine', '--preprocessing', 'caffe/255');
    expect(again.code).toBe(0);
    expect(readdirSync(join(folder, 'data/weights'))).toHaveLength(2);
  });

  it('says what a study has to accept of a file', async () => {
    const older = aFile('older.safetensors', (tensors) => {
      for (const [name, tensor] of [...tensors]) {
        tensors.delete(name);
        tensors.set(olderName(name), tensor);
      }
    });
    const { code, out, err } = await weights('import', older, '--as', 'mine', '--preprocessing', 'caffe');
    expect(code, err).toBe(0);
    expect(err).toMatch(/a study has to accept: The ε of the batch norms of Keras before 2\.2\.4 is 1e-3/);
    expect(out).toMatch(/acceptDifferences: true/);
  });

  it('refuses another file under a name that is taken, and one that fits no network', async () => {
    await weights('import', aFile(), '--as', 'mine', '--preprocessing', 'caffe');
    const other = aFile('other.safetensors', (tensors) => tensors.get('conv1_conv/bias')?.data.fill(2));
    const taken = await weights('import', other, '--as', 'mine', '--preprocessing', 'caffe');
    expect(taken).toMatchObject({ code: 2 });
    expect(taken.err).toMatch(/expected the file with sha256 .* as before, found .*choose another name/);
    const holed = aFile('holed.safetensors', (tensors) => tensors.delete('conv1_bn/gamma'));
    const wrong = await weights('import', holed, '--as', 'holed', '--preprocessing', 'caffe');
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.err).toMatch(/conv1_bn\/gamma \(expected \[16\], found nothing\)/);
  });

  it('refuses a file that is not what its name stands for', async () => {
    const { code, err } = await weights('import', aFile(), '--as', 'imagenet-resnet50');
    expect(code).toBe(1);
    expect(err).toMatch(
      /expected md5 4d473c1dd8becc155b73f8504c6f6626 of imagenet-resnet50, found [0-9a-f]{32}/,
    );
  });

  it('asks for a name and the preprocessing of a file that nobody published', async () => {
    expect((await weights('import', aFile())).err).toMatch(/expected --as <name>/);
    expect((await weights('import', aFile(), '--as', 'mine')).err).toMatch(/expected --preprocessing <how>/);
  });

  it('verifies by name and by file, and ends with 1 when a byte has changed', async () => {
    const file = aFile();
    await weights('import', file, '--as', 'mine', '--preprocessing', 'caffe');
    expect((await weights('verify', 'mine')).out).toMatch(/holds the base of resnet-mini/);
    expect(await weights('verify', file)).toMatchObject({ code: 0 });
    const kept = join(folder, 'data/weights', `${sha256Of(file)}.safetensors`);
    const bytes = readFileSync(kept);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(kept, bytes);
    const { code, out } = await weights('verify', 'mine');
    expect(code).toBe(1);
    expect(out).toMatch(/FAULT expected sha256 [0-9a-f]{64}, found/);
    expect(await weights('verify', 'nobody')).toMatchObject({ code: 2 });
  });

  it.each([['inspect'], ['verify'], ['import']])('%s says of a folder that it is one', async (command) => {
    const { code, err } = await weights(command, folder);
    expect(err).toBe(`palimpsest: ${folder}: expected a file of weights, found a folder\n`);
    expect(code).toBe(2);
  });

  it('verifies a file that is cut off, naming the tensor', async () => {
    const file = aFile();
    writeFileSync(file, readFileSync(file).subarray(0, -100));
    const { code, out } = await weights('verify', file);
    expect(code).toBe(1);
    expect(out).toMatch(/FAULT .*truncated: ".+" needs data up to byte/);
  });

  it.each([
    ['conv1_conv/kernel', NaN, 'expected finite numbers of float32, found NaN'],
    ['conv1_bn/gamma', -Infinity, 'expected finite numbers of float32, found -Infinity'],
    ['conv1_bn/moving_variance', -1, 'expected no negative variance, found -1'],
    ['head/kernel', Infinity, 'expected finite numbers of float32, found Infinity'],
  ])('verifies that networks can compute with %s of %d', async (tensor, number, fault) => {
    const file = aFile('odd.safetensors', (tensors) => {
      tensors.set('head/kernel', { shape: [2], data: Float32Array.of(-1, 1) });
      tensors.get(tensor)!.data[1] = number;
    });
    const { code, out } = await weights('verify', file);
    expect(out).toContain(`\nFAULT tensor ${tensor}: ${fault}`);
    expect(code).toBe(1);
  });
});

describe('palimpsest weights fetch', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());
  async function serving(body: string | Uint8Array): Promise<string> {
    server = createServer((_, response) => void response.end(body));
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/w.h5`;
  }

  it('removes a file that has not the published hash', async () => {
    const url = await serving('<html>please log in</html>');
    const { code, err } = await weights('fetch', 'imagenet-resnet50', '--from', url);
    expect(code).toBe(1);
    expect(err).toMatch(
      /expected md5 4d473c1dd8becc155b73f8504c6f6626, found [0-9a-f]{32} in 26 bytes; removed/,
    );
    expect(readdirSync(join(folder, 'data/weights'))).toEqual([]);
  });

  it('says what to do where a publisher gives no address', async () => {
    const { code, err } = await weights('fetch', 'radimagenet-resnet50-caffe');
    expect(code).toBe(2);
    expect(err).toMatch(/weights import RadImageNet-ResNet50_notop\.h5 --as radimagenet-resnet50-caffe/);
  });

  it('keeps what a mirror has of a source without a published hash, if it is weights', async () => {
    const page = await weights(
      'fetch',
      'radimagenet-resnet50-caffe',
      '--from',
      await serving('<html></html>'),
    );
    expect(page.code).toBe(2);
    expect(page.err).toMatch(/expected a file of weights .*, found a web page/);
    server?.close();
    const file = aFile();
    const url = await serving(readFileSync(file));
    const { code, out, err } = await weights('fetch', 'radimagenet-resnet50-caffe', '--from', url, '--json');
    expect(code, err).toBe(0);
    const sha256 = sha256Of(file);
    expect(JSON.parse(out)).toMatchObject({
      sha256,
      from: url,
      preprocessing: 'caffe',
      file: `${sha256}.h5`,
    });
    const again = await weights('fetch', 'radimagenet-resnet50-caffe');
    expect(again).toMatchObject({ code: 0 });
    expect(again.err).toContain(`is there, with sha256 ${sha256} as it was written down`);
  });

  it('reads what is there through, and gets it anew when a byte has changed', async () => {
    const file = aFile();
    const url = await serving(readFileSync(file));
    const name = 'radimagenet-resnet50-caffe';
    const { path } = JSON.parse((await weights('fetch', name, '--from', url, '--json')).out) as {
      path: string;
    };
    const bytes = readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path, bytes);
    const byHand = await weights('fetch', name);
    expect(byHand.code).toBe(2);
    expect(byHand.err).toMatch(/expected sha256 [0-9a-f]{64} as it was written down, found [0-9a-f]{64}$/m);
    expect(byHand.err).toMatch(/gives no address to fetch from/);
    expect(await weights('fetch', name, '--from', url)).toMatchObject({ code: 0 });
    expect(sha256Of(path)).toBe(sha256Of(file));
  });

  it('refuses what is there under the name of a source without having its published hash', async () => {
    const library = new WeightLibrary();
    const [name, from] = ['imagenet-resnet50-torchvision', aFile()];
    const about = { name, architecture: 'resnet50', preprocessing: 'torch', from } as const;
    await library.keep(from, { ...about, hashes: await hashFile(from), move: false });
    const { code, err } = await weights('fetch', name);
    expect(code).toBe(1);
    expect(err).toMatch(
      /expected the published sha256 0676ba61…, found [0-9a-f]{64}; remove .*\.json to fetch/,
    );
  });

  it('lists the names there are', async () => {
    const { code, err } = await weights('fetch', 'imagenet');
    expect(code).toBe(2);
    expect(err).toMatch(/expected one of imagenet-resnet50, /);
  });
});
