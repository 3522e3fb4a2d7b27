import { inflateSync, unzipSync } from 'fflate';

/** The files of a zip archive, and the one that it ends in the middle of. */
export interface ZipContent {
  entries: Map<string, Uint8Array>;
  /** Set when the archive is cut off. */
  cut?: ZipCut;
}

/** The entry that does not end in what is there of an archive. */
export interface ZipCut {
  name: string;
  /** Where its content begins. */
  startByte: number;
  /** Where it ends, if it says so. */
  needsBytes: number | undefined;
  /** Of the archive. */
  foundBytes: number;
}

interface LocalEntry {
  name: string;
  method: number;
  start: number;
  /** None where the size stands behind the content and that is not there. */
  end: number | undefined;
  /** Where the next entry begins. */
  next: number | undefined;
}

const localHeader = 0x04034b50;
const descriptor = 0x08074b50;
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
    const foundBytes = bytes.length;
    if (!entry) {
      const name = 'the directory at its end';
      return { entries, cut: { name, startByte: foundBytes, needsBytes: undefined, foundBytes } };
    }
    const { name, start, end, next } = entry;
    if (end === undefined || next === undefined || end > foundBytes) {
      return { entries, cut: { name, startByte: start, needsBytes: end, foundBytes } };
    }
    if (wanted(name)) entries.set(name, unpack(bytes.subarray(start, end), entry));
    at = next;
  }
}

/** The entry whose header lies there; none where something else does or the archive ends. */
function localEntryAt(bytes: Uint8Array, at: number): LocalEntry | undefined {
  if (at + 30 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 30);
  const [flags, method, size] = [view.getUint16(6, true), view.getUint16(8, true), view.getUint32(18, true)];
  if (view.getUint32(0, true) !== localHeader || size === 0xffffffff) return undefined;
  const nameEnd = at + 30 + view.getUint16(26, true);
  const start = nameEnd + view.getUint16(28, true);
  const name = new TextDecoder().decode(bytes.subarray(at + 30, nameEnd));
  const sizeFollows = (flags & 8) !== 0 && size === 0;
  const ends = sizeFollows ? endBeforeDescriptor(bytes, start) : { end: start + size, next: start + size };
  return { name, method, start, end: undefined, next: undefined, ...ends };
}

/** Looks for the record behind the content that tells its size: PyTorch writes all entries so. */
function endBeforeDescriptor(bytes: Uint8Array, start: number): { end: number; next: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let end = bytes.indexOf(0x50, start); end >= 0; end = bytes.indexOf(0x50, end + 1)) {
    if (end + 16 > bytes.length) return undefined;
    const tellsSize =
      view.getUint32(end, true) === descriptor && view.getUint32(end + 8, true) === end - start;
    if (tellsSize) return { end, next: end + 16 };
  }
  return undefined;
}

function unpack(packed: Uint8Array, { name, method }: LocalEntry): Uint8Array {
  if (method === 0) return packed;
  if (method === 8) return inflateSync(packed);
  throw new RangeError(`zip: ${name}: expected it stored or deflated, found method ${method}`);
}
