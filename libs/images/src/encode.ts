import type { Image } from './image.js';

/** The image as PNG, grey or colour as it is, without any metadata. */
export async function encodePng({ width, height, channels, pixels }: Image): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const png = await sharp(pixels, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
  return new Uint8Array(png);
}
