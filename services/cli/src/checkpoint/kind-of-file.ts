import { beginsAsSafetensors, firstBytes } from '@palimpsest/formats';
import { stateIn } from '@palimpsest/platform';

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
  if (beginsAsSafetensors(bytes)) return undefined;
  if (stateIn(bytes)) return 'the state of a training that is not done';
  const start = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  return signatures.find(([pattern]) => pattern.test(start))?.[1] ?? firstBytes(bytes);
}
