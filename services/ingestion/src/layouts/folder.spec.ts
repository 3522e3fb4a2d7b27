import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aFolder, empty } from '../dataset.fixture.js';
import { listFolder, requireFolder } from './folder.js';

it('lists what lies under a folder by code unit, whatever the file system thinks', async () => {
  const root = await aFolder(empty('b/2.png', 'b/10.png', 'a/x.png', 'B.txt', 'c/'));
  expect(await listFolder(root)).toEqual({
    files: ['B.txt', 'a/x.png', 'b/10.png', 'b/2.png'],
    emptyFolders: ['c'],
  });
});

it('passes over what file managers leave behind', async () => {
  const root = await aFolder(
    empty('.git/x', '.DS_Store', 'a/Thumbs.db', 'a/desktop.ini', '__MACOSX/a/b.png', 'a/._b.png', 'a/b.png'),
  );
  expect((await listFolder(root)).files).toEqual(['a/b.png']);
});

it('follows links, but not in circles', async () => {
  const elsewhere = await aFolder(empty('x.png'));
  const root = await aFolder(empty('a/y.png'));
  await symlink(elsewhere, join(root, 'b'));
  expect((await listFolder(root)).files).toEqual(['a/y.png', 'b/x.png']);
  await symlink(root, join(root, 'a', 'up'));
  await expect(listFolder(root)).rejects.toMatchObject({
    code: 'invalid',
    message: `${root}/a/up: a link to a folder that contains it`,
  });
});

it('names a link that leads nowhere', async () => {
  const root = await aFolder(empty('a/y.png'));
  await symlink(join(root, 'gone'), join(root, 'a', 'z.png'));
  await expect(listFolder(root)).rejects.toMatchObject({
    code: 'not-found',
    message: `${root}/a/z.png: expected a link to a file or folder, found nothing`,
  });
});

it('says what it expected of a path that is no folder', async () => {
  const root = await aFolder(empty('file'));
  await expect(requireFolder(join(root, 'gone'))).rejects.toMatchObject({
    code: 'not-found',
    message: `${root}/gone: expected a folder, found nothing`,
  });
  await expect(requireFolder(join(root, 'file'))).rejects.toMatchObject({
    code: 'invalid',
    message: `${root}/file: expected a folder, found a file`,
  });
});
