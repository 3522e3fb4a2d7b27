import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError, type ErrorCode } from '@palimpsest/contracts';
import { listNames } from '../list-names.js';

/** What lies under a folder: paths relative to it, with forward slashes, sorted by code unit. */
export interface FolderContent {
  files: string[];
  emptyFolders: string[];
}

/** What file managers and archives leave behind; hidden names count among them. */
const litter = /^(\..*|Thumbs\.db|desktop\.ini|__MACOSX)$/i;

/** Also formats that are not decoded: such a file is an image of the dataset, to be refused, not overlooked. */
const imageName = /\.(png|jpe?g|tiff?|bmp|gif|webp|dcm)$/i;

const codes = new Map<string | undefined, ErrorCode>([
  ['ENOENT', 'not-found'],
  ['ENOTDIR', 'invalid'],
  ['EISDIR', 'invalid'],
  ['ELOOP', 'invalid'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
]);

const inWords = new Map<string | undefined, string>([
  ['ENOENT', 'nothing'],
  ['EISDIR', 'a folder'],
  ['ENOTDIR', 'a file in place of a folder'],
]);

/** Whether a name is that of an image, decodable or not. */
export function isImageName(path: string): boolean {
  return imageName.test(path);
}

/**
 * Awaits a file operation and says in its error what was expected where.
 *
 * @throws PlatformError
 */
export async function expecting<T>(what: string, path: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const found = inWords.get(code) ?? message;
    throw new PlatformError(codes.get(code) ?? 'unavailable', `${path}: expected ${what}, found ${found}`, {
      cause,
    });
  }
}

/** @throws PlatformError unless the path is a folder */
export async function requireFolder(path: string): Promise<void> {
  const found = await expecting('a folder', path, stat(path));
  if (!found.isDirectory()) throw new PlatformError('invalid', `${path}: expected a folder, found a file`);
}

/** The folder itself, or the one of that name in it, whichever holds one of the entries. */
export async function resolveRoot(path: string, name: string, entries: readonly string[]): Promise<string> {
  await requireFolder(path);
  for (const folder of [path, join(path, name)]) {
    const names = await readdir(folder).catch((): string[] => []);
    if (entries.some((entry) => names.includes(entry))) return folder;
  }
  const found = listNames(await expecting('a folder', path, readdir(path))) || 'nothing in it';
  const expected = `the folder ${name} with ${entries.join(', ')}`;
  throw new PlatformError('invalid', `${path}: expected ${expected}, found ${found}`);
}

/**
 * Everything under a folder, links followed, leftovers of file managers left out.
 *
 * @throws PlatformError when a folder cannot be read, a link leads nowhere or folders contain each other
 */
export async function listFolder(root: string): Promise<FolderContent> {
  await requireFolder(root);
  const content: FolderContent = { files: [], emptyFolders: [] };
  await collect(root, '', content, [await realpath(root)]);
  content.files.sort(byCodeUnit);
  content.emptyFolders.sort(byCodeUnit);
  return content;
}

/** The text of a file, without the byte order mark that spreadsheets put first. */
export async function readText(path: string, what: string): Promise<string> {
  const text = await expecting(what, path, readFile(path, 'utf8'));
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** One warning for the files that the layout has no place for, none when there are none. */
export function unexpected(layout: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  return [`not part of the layout ${layout}, so not read: ${listNames(paths)}`];
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function collect(
  root: string,
  folder: string,
  content: FolderContent,
  ancestors: readonly string[],
): Promise<void> {
  const path = join(root, folder);
  const entries = await expecting('a folder', path, readdir(path, { withFileTypes: true }));
  const kept = entries.filter(({ name }) => !litter.test(name));
  if (kept.length === 0 && folder) content.emptyFolders.push(folder.slice(0, -1));
  for (const entry of kept) {
    if (!(await isFolder(entry, path))) {
      content.files.push(folder + entry.name);
      continue;
    }
    const real = await realpath(join(path, entry.name));
    if (ancestors.includes(real)) {
      throw new PlatformError('invalid', `${join(path, entry.name)}: a link to a folder that contains it`);
    }
    await collect(root, `${folder}${entry.name}/`, content, [...ancestors, real]);
  }
}

async function isFolder(entry: Dirent, parent: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const path = join(parent, entry.name);
  return (await expecting('a link to a file or folder', path, stat(path))).isDirectory();
}
