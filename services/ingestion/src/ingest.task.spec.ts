import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestSchema, tasks, treeListingSchema, type TaskInput } from '@palimpsest/contracts';
import { openPixels } from '@palimpsest/formats';
import type { TaskContext } from '@palimpsest/platform';
import { expect, it } from 'vitest';
import { aContext } from './context.fixture.js';
import { aFolder, aPng } from './dataset.fixture.js';
import { ingest } from './ingest.task.js';

type Input = TaskInput<'ingest'>;

function anInput(path: string, dataset: Partial<Input['dataset']> = {}, rest: Partial<Input> = {}): Input {
  const split = { folds: 2, group: 'none' as const, seed: 2 };
  const defaults = { labels: {}, unlabelled: 'error', imageSize: 32, split };
  return {
    dataset: { layout: 'class-folders', path, ...defaults, ...dataset },
    holdout: 'shared',
    look: 0,
    ...rest,
  };
}

/** Two classes of four images, every image another one. */
async function aDataset(extra: Record<string, string | Uint8Array> = {}): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 8; i++) files[`${i < 4 ? 'cat' : 'dog'}/${i}.png`] = await aPng(10 * i);
  return aFolder({ ...files, ...extra });
}

async function manifestOf(output: Awaited<ReturnType<typeof ingest.run>>, { store }: TaskContext) {
  return store.getJson(output.manifest, manifestSchema);
}

it('freezes what was read, how it was split, and the pixels', async () => {
  const context = aContext();
  const path = await aDataset({ 'notes.txt': 'x' });
  const output = tasks.ingest.output.parse(await ingest.run(anInput(path), context));
  expect(output).toMatchObject({ images: 8, classes: ['cat', 'dog'], patients: null });
  const manifest = await manifestOf(output, context);
  expect(manifest).toMatchObject({
    layout: 'class-folders',
    imageSize: 32,
    classes: ['cat', 'dog'],
    folds: 2,
    group: 'none',
    seed: 2,
    holdout: 'shared',
    audit: { patients: null, merged: [], excluded: [], duplicates: [] },
  });
  expect(manifest.audit.warnings).toEqual(['not part of the layout class-folders, so not read: notes.txt']);
  expect(manifest.images[5]).toMatchObject({
    path: 'dog/5.png',
    label: 'dog',
    class: 1,
    width: 6,
    height: 4,
  });
  const tree = await context.store.openTree(output.pixels);
  const pixels = await openPixels((name) => tree.read(name));
  const [first] = await pixels.read([5]);
  expect(pixels).toMatchObject({ images: 8, imageSize: 32 });
  expect(first).toBe(50);
});

it('resizes to the nearest pixel, grey in all three channels', async () => {
  const context = aContext();
  const { pixels: ref } = await ingest.run(anInput(await aDataset()), context);
  const tree = await context.store.openTree(ref);
  const image = await (await openPixels((name) => tree.read(name))).read([0]);
  const at = (row: number, column: number) => [...image.subarray((row * 32 + column) * 3).subarray(0, 3)];
  expect(at(0, 0)).toEqual([0, 0, 0]);
  expect(at(0, 31)).toEqual([5, 5, 5]);
  expect(at(31, 0)).toEqual([18, 18, 18]);
  expect(at(31, 31)).toEqual([23, 23, 23]);
});

it('keeps the images in order through chunks that come and go', async () => {
  const context = aContext({ threads: 3 });
  const { pixels: ref } = await ingest.run(anInput(await aDataset(), { imageSize: 512 }), context);
  const { files } = await context.store.getJson(ref.listing, treeListingSchema);
  expect(Object.keys(files).sort()).toEqual([
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((i) => `c/${i}/0/0/0`),
    'zarr.json',
  ]);
  expect(files['zarr.json']?.key).toBe(`${ref.prefix}/zarr.json`);
  const tree = await context.store.openTree(ref);
  const pixels = await openPixels((name) => tree.read(name));
  for (let i = 0; i < 8; i++) expect((await pixels.read([i]))[0]).toBe(10 * i);
});

it('gives the same artifacts wherever, whenever and on however many threads it runs', async () => {
  const [one, two] = [aContext({ threads: 1 }), aContext({ threads: 4 })];
  const first = await ingest.run(anInput(await aDataset()), one);
  expect(await ingest.run(anInput(await aDataset(), {}, { look: 7 }), two)).toEqual(first);
});

it('names every broken image and its fault, and leaves none out', async () => {
  const png = await aPng(99);
  const path = await aDataset({
    'cat/cut.png': png.subarray(0, png.length - 20),
    'cat/none.png': '',
    'dog/page.jpg': '<html>not found</html>',
    'dog/scan.tif': 'II*\0',
  });
  await expect(ingest.run(anInput(path), aContext())).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(
      new RegExp(
        [
          `^${path}: expected images that can be read, found 4 of 12 that cannot:`,
          '  cat/cut.png: expected a whole image, found a damaged one .*',
          '  cat/none.png: expected an image, found an empty file',
          '  dog/page.jpg: expected PNG or JPEG, found a HTML or XML file',
          '  dog/scan.tif: expected PNG or JPEG, found a TIFF file$',
        ].join('\n'),
      ),
    ) as string,
  });
});

it('names images that a table lists and that are not there', async () => {
  const rows = ['path,label', '0.png,a', '1.png,b', '2.png,a', '3.png,b'];
  const root = await aFolder({
    'x.csv': rows.join('\n'),
    '0.png': await aPng(1),
    '1.png': await aPng(2),
    '3.png/': '',
  });
  const run = ingest.run(anInput(join(root, 'x.csv'), { layout: 'csv' }), aContext());
  await expect(run).rejects.toThrow(
    [
      'found 2 of 4 that cannot:',
      '2.png: expected an image, found nothing',
      '3.png: expected an image, found a folder',
    ].join('\n  '),
  );
});

it('looks again for nothing when files and settings are as they were', async () => {
  const messages: (string | undefined)[] = [];
  const context = aContext({ progress: (_, message) => messages.push(message) });
  const path = await aDataset();
  const first = await ingest.run(anInput(path), context);
  expect(messages).toEqual(['8 of 8 images']);
  expect(await ingest.run(anInput(path, {}, { look: 1 }), context)).toEqual(first);
  expect(messages).toHaveLength(1);
});

it('reads again after a change of a file, of its time, of a setting, or of the store', async () => {
  const messages: (string | undefined)[] = [];
  const context = aContext({ progress: (_, message) => messages.push(message) });
  const path = await aDataset();
  const first = await ingest.run(anInput(path), context);

  await utimes(join(path, 'cat/0.png'), 1, 1);
  expect(await ingest.run(anInput(path), context)).toEqual(first);
  expect(messages).toHaveLength(2);

  const split = { folds: 2, group: 'none' as const, seed: 5 };
  const other = await ingest.run(anInput(path, { split }), context);
  expect(other.pixels).toEqual(first.pixels);
  expect(other.manifest).not.toEqual(first.manifest);
  expect(messages).toHaveLength(3);

  await context.store.deleteRecord(`${first.pixels.prefix}/c/0/0/0/0`);
  expect(await ingest.run(anInput(path), context)).toEqual(first);
  expect(messages).toHaveLength(4);

  await writeFile(join(path, 'cat/0.png'), await aPng(7));
  const changed = await ingest.run(anInput(path), context);
  expect(changed.pixels).not.toEqual(first.pixels);
  await rm(join(path, 'cat/0.png'));
  expect((await ingest.run(anInput(path), context)).images).toBe(7);
});

it('lists files that are the same, and warns where that does harm', async () => {
  const rows = ['path,label,patient', '0.png,a,p', '1.png,b,q', '2.png,a,r', '3.png,b,s', '0.png,b,p'];
  const [one, two, three] = [await aPng(1), await aPng(2), await aPng(3)];
  const files = { 'x.csv': rows.join('\n'), '0.png': one, '1.png': one, '2.png': two, '3.png': three };
  const path = join(await aFolder(files), 'x.csv');
  const split = { folds: 2, group: 'patient' as const, seed: 0 };
  const context = aContext();
  const output = await ingest.run(anInput(path, { layout: 'csv', split }), context);
  expect(output.patients).toBe(4);
  const { audit, images } = await manifestOf(output, context);
  expect(audit.duplicates).toEqual([['0.png', '1.png']]);
  expect(audit.warnings).toContain('images listed more than once: 1 (0.png)');
  expect(audit.warnings).toContain('the same image under two labels: 1 (0.png = 1.png)');
  expect(images[4]?.fold).toBe(images[0]?.fold);
});

it('stops when it is told to', async () => {
  const stop = new AbortController();
  const context = aContext({ signal: stop.signal, progress: () => stop.abort() });
  const run = ingest.run(anInput(await aDataset(), { imageSize: 512 }), context);
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
});
