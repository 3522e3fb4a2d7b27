import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PlatformError } from '@palimpsest/contracts';
import { decodeImage, resizeNearest, toRgb, type Image } from '@palimpsest/images';
import { expecting } from './layouts/folder.js';

/** What tells that a file is as it was, without reading it. */
export interface FileStamp {
  path: string;
  bytes: number;
  /** Nanoseconds, in digits: more than a number holds. */
  modified: string;
}

/** An image as it becomes pixels, and the size that its file has. */
export interface ResizedImage {
  pixels: Uint8Array;
  width: number;
  height: number;
}

/**
 * The files of a dataset, by their paths relative to its root.
 * @throws PlatformError from every method for a file that is not there or may not be read; it names the relative path
 */
export class ImageFiles {
  constructor(private readonly root: string) {}

  async stamp(path: string): Promise<FileStamp> {
    const found = await expecting('an image', path, stat(resolve(this.root, path), { bigint: true }));
    if (!found.isFile()) throw new PlatformError('invalid', `${path}: expected an image, found a folder`);
    return { path, bytes: Number(found.size), modified: String(found.mtimeNs) };
  }

  async sha256(path: string): Promise<string> {
    const hash = createHash('sha256');
    await expecting('an image', path, pipeline(createReadStream(resolve(this.root, path)), hash));
    return hash.digest('hex');
  }

  /**
   * @throws PlatformError `conflict` when the file is no longer the one of that hash; RangeError when it is no whole
   *   PNG or JPEG
   */
  async decode(path: string, sha256: string, imageSize: number): Promise<ResizedImage> {
    const bytes = await this.#read(path);
    const found = sha256Of(bytes);
    if (found !== sha256) {
      const change = `expected the file of sha256 ${sha256}, found ${found}`;
      throw new PlatformError('conflict', `${path}: changed while the dataset was read: ${change}`);
    }
    const image: Image = await decodeImage(bytes, path);
    const { pixels } = toRgb(resizeNearest(image, { height: imageSize, width: imageSize }));
    return { pixels, width: image.width, height: image.height };
  }

  #read(path: string): Promise<Buffer> {
    return expecting('an image', path, readFile(resolve(this.root, path)));
  }
}

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
