/** Where an HDF5 file says that it ends, and where in its superblock it says so. */
export interface EndOfFile {
  value: number;
  at: number;
  /** Where the checksum of all before it stands; superblocks before version 2 have none. */
  checksumAt: number | undefined;
}

/** By version of the superblock, for addresses of 8 bytes; `widthAt` is where the size of an address stands. */
const places = new Map([
  [0, { at: 40, widthAt: 13, checksumAt: undefined }],
  [1, { at: 44, widthAt: 13, checksumAt: undefined }],
  [2, { at: 28, widthAt: 9, checksumAt: 44 }],
  [3, { at: 28, widthAt: 9, checksumAt: 44 }],
]);

/**
 * Reads the end of the file out of the superblock.
 *
 * @returns undefined for a superblock of another kind, or one that is cut off itself
 *
 * Reference: HDF5 File Format Specification 3.0, section II.A.
 */
export function endOfFile(bytes: Uint8Array): EndOfFile | undefined {
  const place = places.get(bytes[8] ?? -1);
  if (!place || bytes[place.widthAt] !== 8 || bytes.length < place.at + 20) return undefined;
  const { at, checksumAt } = place;
  const value = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(at, true);
  return { value: Number(value), at, checksumAt };
}

/** The file with its end where it really is, so that what lies before can be read. */
export function withEnd(bytes: Uint8Array, { at, checksumAt }: EndOfFile): Uint8Array {
  // Not slice(): that of a Buffer is no copy.
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  view.setBigUint64(at, BigInt(copy.length), true);
  if (checksumAt !== undefined) view.setUint32(checksumAt, lookup3(copy.subarray(0, checksumAt)), true);
  return copy;
}

/**
 * Jenkins' lookup3 hash of bytes, `hashlittle` with an initial value of 0, as HDF5 checks its metadata.
 *
 * Reference: Bob Jenkins 2006, http://burtleburtle.net/bob/c/lookup3.c
 */
export function lookup3(bytes: Uint8Array): number {
  const state = new Uint32Array(3).fill(0xdeadbeef + bytes.length);
  const last = bytes.length === 0 ? 0 : Math.floor((bytes.length - 1) / 12) * 12;
  for (let at = 0; at < last; at += 12) {
    addWords(state, bytes, at);
    mix(state);
  }
  if (bytes.length > 0) {
    addWords(state, bytes, last);
    finish(state);
  }
  return state[2] ?? 0;
}

const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));

/** Adds up to twelve bytes, little-endian, to the three words of the state. */
function addWords(state: Uint32Array, bytes: Uint8Array, at: number): void {
  bytes.subarray(at, at + 12).forEach((byte, i) => {
    state[i >> 2] = (state[i >> 2] ?? 0) + ((byte << (8 * (i & 3))) >>> 0);
  });
}

function mix(state: Uint32Array): void {
  let [a = 0, b = 0, c = 0] = state;
  for (const [first, second, third] of [
    [4, 6, 8],
    [16, 19, 4],
  ] as const) {
    a = (a - c) ^ rotate(c, first);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, second);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, third);
    b = (b + a) | 0;
  }
  state.set([a, b, c]);
}

function finish(state: Uint32Array): void {
  let [a = 0, b = 0, c = 0] = state;
  for (const [first, second, third] of [
    [14, 11, 25],
    [16, 4, 14],
  ] as const) {
    c = (c ^ b) - rotate(b, first);
    a = (a ^ c) - rotate(c, second);
    b = (b ^ a) - rotate(a, third);
  }
  c = (c ^ b) - rotate(b, 24);
  state.set([a, b, c]);
}
