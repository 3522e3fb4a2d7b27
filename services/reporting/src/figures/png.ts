import { crc32 } from './crc32.js';

/**
 * A PNG of 8-bit pixels with transparency, stored without compression: how well an engine's zlib packs depends on its version and
 * processor, and a report's bytes may not.
 *
 * @param rgba width × height × 4
 */
export function encodePng(width: number, height: number, rgba: Uint8Array): Uint8Array {
  const rows = new Uint8Array(height * (1 + width * 4));
  for (let y = 0; y < height; y++)
    rows.set(rgba.subarray(y * width * 4, (y + 1) * width * 4), y * (1 + width * 4) + 1);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return joined([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', stored(rows)),
    chunk('IEND', new Uint8Array()),
  ]);
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const named = joined([new TextEncoder().encode(type), body]);
  return joined([bigEndian(body.length), named, bigEndian(crc32(named))]);
}

/** A zlib stream of stored blocks, at most 65,535 bytes each (RFC 1950 and 1951). */
function stored(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let from = 0; from < bytes.length; from += 0xffff) {
    const block = bytes.subarray(from, from + 0xffff);
    const last = from + block.length === bytes.length ? 1 : 0;
    const [low, high] = [block.length & 0xff, block.length >> 8];
    parts.push(Uint8Array.of(last, low, high, ~low & 0xff, ~high & 0xff), block);
  }
  return joined([...parts, bigEndian(adler32(bytes))]);
}

function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
