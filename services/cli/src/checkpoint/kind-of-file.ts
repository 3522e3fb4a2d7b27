import { createHash } from 'node:crypto';

const signatures: readonly (readonly [RegExp, string])[] = [
  [/^\x89HDF\r\n\x1a\n/, 'an HDF5 file, as Keras writes weights'],
  [/^PK\x03\x04/, 'a zip archive, as PyTorch and Keras write weights'],
  [/^\x08[\x03-\x0f][\x12-\x42]/, 'an ONNX model'],
  [/^(\x89PNG|\xff\xd8\xff)/, 'an image'],
  [/^\s*[{[]/, 'a JSON file'],
  [/^\s*</, 'a web page'],
];

/** What a file is instead of safetensors, by how it begins. @returns undefined when it begins like safetensors */
export function kindOfFile(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'an empty file';
  // The length of the header in 8 bytes, then the header.
  if (bytes[8] === 0x7b && bytes.subarray(4, 8).every((byte) => byte === 0)) return undefined;
  if (isTrainingState(bytes)) return 'the state of a training that is not done';
  const start = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  const known = signatures.find(([pattern]) => pattern.test(start));
  const first = Buffer.from(bytes.subarray(0, 8))
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  return known?.[1] ?? `one that begins with the bytes ${first}`;
}

/** As tasks keep it: behind its own sha256. */
function isTrainingState(bytes: Uint8Array): boolean {
  const digest = createHash('sha256').update(bytes.subarray(32)).digest();
  return digest.equals(bytes.subarray(0, 32));
}
