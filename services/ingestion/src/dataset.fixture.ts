import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodePng } from '@palimpsest/images';
import { onTestFinished } from 'vitest';

/** A temporary folder with these files, gone when the test is over. A name that ends in a slash is a folder. */
export async function aFolder(files: Record<string, string | Uint8Array>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'palimpsest-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (!name.endsWith('/')) await writeFile(path, content);
  }
  return root;
}

/** The same content under many names: enough for a layout, which opens no image. */
export function empty(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '']));
}

/** A grey PNG whose pixels count up from the shade, so that each shade is another picture. */
export function aPng(shade: number, { width = 6, height = 4 } = {}): Promise<Uint8Array> {
  const pixels = Uint8Array.from({ length: width * height }, (_, i) => shade + i);
  return encodePng({ width, height, channels: 1, pixels });
}
