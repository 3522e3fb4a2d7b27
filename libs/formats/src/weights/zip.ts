import { inflateSync, unzipSync } from 'fflate';

/** The files of a zip archive, and the one that it ends in the middle of. */
export interface ZipContent {
  entries: Map<string, Uint8Array>;
  /** Set when the archive is cut off: the entry that does not end, with the bytes of the archive that it needs. */
  cut?: { name: string; needsBytes: number; foundBytes: number };
}

interface LocalEntry {
  name: string;
  method: number;
  start: number;
  end: number;
}

const localHeader = 0x04034b50;
const endOfDirectory = [0x50, 0x4b, 0x05, 0x06];
const trailerBytes = 22 + 0xffff;

/**
 * Unpacks a zip archive, stored or deflated, zip64 included. One without its directory, which stands at the end, is
 * read entry by entry as far as it goes.
 *
 * @param wanted says which entries are unpacked; all of them when left out
 * @throws RangeError when the bytes are no zip archive or an entry is damaged
 */
export function readZip(bytes: Uint8Array, wanted: (name: string) => boolean = () => true): ZipContent {
  if (!hasDirectory(bytes)) return readFromTheFront(bytes, wanted);
  try {
    return { entries: new Map(Object.entries(unzipSync(bytes, { filter: ({ name }) => wanted(name) }))) };
  } catch (cause) {
    throw new RangeError(`zip: damaged: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function hasDirectory(bytes: Uint8Array): boolean {
  const least = Math.max(0, bytes.length - trailerBytes);
  for (let at = bytes.length - 22; at >= least; at--) {
    if (endOfDirectory.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

function readFromTheFront(bytes: Uint8Array, wanted: (name: string) => boolean): ZipContent {
  const entries = new Map<string, Uint8Array>();
  let at = 0;
  for (;;) {
    const entry = localEntryAt(bytes, at);
    const name = entry?.name ?? 'the directory at its end';
    const needsBytes = entry?.end ?? bytes.length + 1;
    if (!entry || needsBytes > bytes.length) {
      return { entries, cut: { name, needsBytes, foundBytes: bytes.length } };
    }
    if (wanted(name)) entries.set(name, unpack(bytes.subarray(entry.start, entry.end), entry));
    at = entry.end;
  }
}

/** An entry whose header gives its size; none where another begins or the archive ends. */
function localEntryAt(bytes: Uint8Array, at: number): LocalEntry | undefined {
  if (at + 30 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 30);
  const [flags, method, size] = [view.getUint16(6, true), view.getUint16(8, true), view.getUint32(18, true)];
  const sizeFollows = (flags & 8) !== 0 && size === 0;
  if (view.getUint32(0, true) !== localHeader || sizeFollows || size === 0xffffffff) return undefined;
  const nameEnd = at + 30 + view.getUint16(26, true);
  const start = nameEnd + view.getUint16(28, true);
  const name = new TextDecoder().decode(bytes.subarray(at + 30, nameEnd));
  return { name, method, start, end: start + size };
}

function unpack(packed: Uint8Array, { name, method }: LocalEntry): Uint8Array {
  if (method === 0) return packed;
  if (method === 8) return inflateSync(packed);
  throw new RangeError(`zip: ${name}: expected it stored or deflated, found method ${method}`);
}
