/** A file, folder or link in a layer. */
export interface Entry {
  /** From the root, without a leading slash. */
  path: string;
  /** As in tar: `0` a file, `2` a symbolic link, `5` a folder. */
  type: string;
  mode: number;
  uid: number;
  /** Seconds since 1970. */
  modified: number;
  /** Where its content begins in the archive, and its length. */
  start: number;
  bytes: number;
}

/** What an image consists of. */
export interface ImageArchive {
  /** With tags. */
  names: string[];
  config: {
    config: {
      User: string;
      Env: string[];
      Entrypoint: string[];
      StopSignal: string;
      Labels: Record<string, string>;
    };
  };
  /** Uncompressed, from the base upwards. */
  layers: { start: number; bytes: number; entries: Entry[] }[];
}

/**
 * Reads what `docker save` wrote, without a daemon.
 * @throws Error when it has no manifest
 */
export function readImage(file: string): ImageArchive;

/** The content of a file in a layer. */
export function readEntry(file: string, entry: Pick<Entry, 'start' | 'bytes'>): Buffer;
