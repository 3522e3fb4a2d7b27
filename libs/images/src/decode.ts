import type { Image } from './image.js';

/** How the files of other formats begin, to name them in the error. */
const otherFormats: readonly [name: string, offset: number, signature: string][] = [
  ['GIF', 0, 'GIF8'],
  ['TIFF', 0, 'II*\0'],
  ['TIFF', 0, 'MM\0*'],
  ['BMP', 0, 'BM'],
  ['WebP', 8, 'WEBP'],
  ['DICOM', 128, 'DICM'],
  ['HDF5', 0, '\x89HDF'],
  ['JPEG 2000', 4, 'jP  '],
  ['HTML or XML', 0, '<'],
];

/**
 * Decodes a PNG or a JPEG of 8 bits a channel, grey or colour, to the values that stand in the file: no colour
 * profile, gamma or EXIF orientation is applied (as in Pillow and Keras). Palettes become colours, bits and
 * nibbles of grey are spread over 0 to 255. An alpha channel is dropped if every pixel is opaque.
 *
 * @param name what to call the image in an error
 * @throws RangeError when the file is empty, truncated or damaged, of another format or pixel type, animated, or
 *   not opaque
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Image> {
  checkFormat(bytes, name);
  // Loaded on first use: it is slow to load, and many who import this package never decode.
  const { default: sharp } = await import('sharp');
  const input = sharp(bytes, { failOn: 'warning', ignoreIcc: true });
  const damaged = (cause: unknown): never => {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new RangeError(`${name}: expected a whole image, found a damaged one (${reason ?? ''})`, { cause });
  };
  const { depth, space, hasAlpha } = await input.metadata().catch(damaged);
  const grey = space === 'b-w' || space === 'grey16';
  if (depth !== 'uchar' || !(grey || space === 'srgb')) {
    throw new RangeError(`${name}: expected 8-bit grey or RGB, found ${depth} ${space}`);
  }
  if (hasAlpha && !(await input.stats().catch(damaged)).isOpaque) {
    throw new RangeError(`${name}: expected opaque pixels, found an alpha channel that is not`);
  }
  const { data, info } = await input
    .removeAlpha()
    .toColourspace(grey ? 'b-w' : 'srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(damaged);
  return { width: info.width, height: info.height, channels: grey ? 1 : 3, pixels: new Uint8Array(data) };
}

function checkFormat(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0) throw new RangeError(`${name}: expected an image, found an empty file`);
  const text = String.fromCharCode(...bytes.subarray(0, 132));
  if (text.startsWith('\xff\xd8\xff')) return;
  if (!text.startsWith('\x89PNG\r\n\x1a\n')) {
    const other = otherFormats.find(([, offset, signature]) => text.startsWith(signature, offset));
    const found = other
      ? `a ${other[0]} file`
      : `a file that begins with ${JSON.stringify(text.slice(0, 8))}`;
    throw new RangeError(`${name}: expected PNG or JPEG, found ${found}`);
  }
  if (isAnimated(bytes)) throw new RangeError(`${name}: expected a still image, found an animated PNG`);
}

/** An animated PNG says so in an acTL chunk before its first IDAT; libvips decodes its first frame in silence. */
function isAnimated(png: Uint8Array): boolean {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let at = 8; at + 8 <= png.length; at += 12 + view.getUint32(at)) {
    const type = String.fromCharCode(...png.subarray(at + 4, at + 8));
    if (type === 'acTL') return true;
    if (type === 'IDAT') return false;
  }
  return false;
}
