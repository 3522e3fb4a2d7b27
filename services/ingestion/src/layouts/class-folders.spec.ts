import { expect, it } from 'vitest';
import { aFolder, empty } from '../dataset.fixture.js';
import { readClassFolders } from './class-folders.js';

it('labels each image by its first folder, at any depth', async () => {
  const root = await aFolder(empty('dog/b.jpg', 'cat/kitten/a.PNG', 'cat/c.jpeg'));
  expect(await readClassFolders(root)).toEqual({
    root,
    images: [
      { path: 'cat/c.jpeg', label: 'cat', patient: null },
      { path: 'cat/kitten/a.PNG', label: 'cat', patient: null },
      { path: 'dog/b.jpg', label: 'dog', patient: null },
    ],
    labels: ['cat', 'dog'],
    warnings: [],
  });
});

it('says which files it has not read', async () => {
  const root = await aFolder(empty('cat/a.png', 'dog/b.png', 'cat/notes.txt', 'readme.md', 'stray.png'));
  const { images, warnings } = await readClassFolders(root);
  expect(images).toHaveLength(2);
  expect(warnings).toEqual([
    'not part of the layout class-folders, so not read: cat/notes.txt, readme.md, stray.png',
  ]);
});

it('keeps images of formats that cannot be decoded, so that they are refused and not lost', async () => {
  const root = await aFolder(empty('cat/a.tif', 'dog/b.png'));
  expect((await readClassFolders(root)).images.map(({ path }) => path)).toEqual(['cat/a.tif', 'dog/b.png']);
});

it.each([
  [{ 'cat/a.png': '', 'dog/': '' }, 'expected images in the class folder "dog", found none'],
  [{ 'cat/a.png': '', 'dog/notes.txt': '' }, 'expected images in the class folder "dog", found none'],
  [{}, 'expected one folder a class, found an empty folder'],
  [{ 'a.png': '', 'b.png': '' }, 'expected one folder a class, found 2 files and no folder'],
])('refuses %j', async (files: Record<string, string>, message) => {
  const root = await aFolder(files);
  await expect(readClassFolders(root)).rejects.toMatchObject({
    code: 'invalid',
    message: `${root}: ${message}`,
  });
});
