import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode.js';
import { encodePng } from './encode.js';

const width = 13;
const height = 7;
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7919 + ((i * i) >> 3)) & 0xff);
const grey = { width, height, channels: 1 as const, pixels: noise(width * height) };
const colour = { width, height, channels: 3 as const, pixels: noise(width * height * 3) };

const raw = (pixels: Uint8Array, channels: 1 | 2 | 3 | 4) =>
  sharp(pixels, { raw: { width, height, channels } });
const bytesOf = async (image: Sharp) => new Uint8Array(await image.toBuffer());
const withAlpha = (alpha: number) => {
  const pixels = new Uint8Array(width * height * 4).fill(alpha);
  colour.pixels.forEach((value, i) => (pixels[Math.floor(i / 3) * 4 + (i % 3)] = value));
  return raw(pixels, 4).png();
};

/** A chunk of a PNG put after its header; decoders check no sum of a chunk they skip. */
function withChunk(png: Uint8Array, type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + data.length);
  new DataView(chunk.buffer).setUint32(0, data.length);
  chunk.set(new TextEncoder().encode(type), 4);
  chunk.set(data, 8);
  return Uint8Array.from([...png.subarray(0, 33), ...chunk, ...png.subarray(33)]);
}

describe('decodeImage', () => {
  it.each([grey, colour])('gives back the pixels of a PNG of $channels channels', async (image) => {
    expect(await decodeImage(await encodePng(image), 'a.png')).toEqual(image);
  });

  it('reads JPEG, baseline and progressive, grey and colour', async () => {
    for (const progressive of [false, true]) {
      for (const image of [grey, colour]) {
        const smooth = image.pixels.map((_, i) => Math.floor(i / image.channels));
        const jpeg = raw(smooth, image.channels)
          .toColourspace(image.channels === 1 ? 'b-w' : 'srgb')
          .jpeg({ quality: 100, progressive });
        const decoded = await decodeImage(await bytesOf(jpeg), 'a.jpg');
        expect(decoded).toMatchObject({ width, height, channels: image.channels });
        const difference = decoded.pixels.map((value, i) => Math.abs(value - smooth[i]!));
        expect(Math.max(...difference)).toBeLessThanOrEqual(2);
      }
    }
  });

  it('turns a palette into colours', async () => {
    const pixels = colour.pixels.map((_, i) => (Math.floor(i / 3) % 5) * 50);
    const png = await bytesOf(raw(pixels, 3).png({ palette: true, colours: 8, dither: 0, quality: 100 }));
    expect(png[25]).toBe(3);
    const decoded = await decodeImage(png, 'a.png');
    expect(decoded).toEqual({ ...colour, pixels });
  });

  it('spreads bits of grey over 0 to 255', async () => {
    const bits = grey.pixels.map((value) => (value > 127 ? 255 : 0));
    const png = await bytesOf(raw(bits, 1).toColourspace('b-w').png({ palette: true, colours: 2 }));
    const decoded = await decodeImage(png, 'a.png');
    expect(decoded.pixels.filter((_, i) => i % decoded.channels === 0)).toEqual(bits);
  });

  it('drops an alpha channel that is opaque, and refuses another', async () => {
    expect(await decodeImage(await bytesOf(withAlpha(255)), 'a.png')).toEqual(colour);
    await expect(decodeImage(await bytesOf(withAlpha(254)), 'x/a.png')).rejects.toThrow(
      'x/a.png: expected opaque pixels',
    );
    const greyAlpha = Uint8Array.from({ length: width * height * 2 }, (_, i) =>
      i % 2 ? 255 : grey.pixels[i / 2]!,
    );
    const png = await bytesOf(raw(greyAlpha, 2).toColourspace('b-w').png());
    expect(png[25]).toBe(4);
    expect(await decodeImage(png, 'a.png')).toEqual(grey);
  });

  it('applies neither orientation nor colour profile', async () => {
    const png = await bytesOf(
      raw(colour.pixels, 3).withMetadata({ orientation: 6 }).withIccProfile('p3').png(),
    );
    const stored = await sharp(png, { ignoreIcc: true }).raw().toBuffer();
    const managed = await sharp(png).raw().toBuffer();
    expect(managed).not.toEqual(stored);
    expect(await decodeImage(png, 'a.png')).toEqual({ ...colour, pixels: new Uint8Array(stored) });
    const sized = await decodeImage(
      await bytesOf(raw(colour.pixels, 3).withMetadata({ orientation: 6 }).jpeg()),
      'a.jpg',
    );
    expect(sized).toMatchObject({ width, height });
  });

  it('accepts what follows the end of a JPEG or a PNG', async () => {
    const jpeg = await bytesOf(raw(colour.pixels, 3).jpeg());
    const expected = await decodeImage(jpeg, 'a.jpg');
    expect(await decodeImage(Uint8Array.from([...jpeg, 1, 2, 3]), 'a.jpg')).toEqual(expected);
    expect(await decodeImage(Uint8Array.from([...(await encodePng(grey)), 1]), 'a.png')).toEqual(grey);
  });

  it('refuses a file cut anywhere in its pixels', async () => {
    const jpeg = await bytesOf(raw(colour.pixels, 3).jpeg());
    const png = await encodePng(colour);
    for (const bytes of [jpeg, png]) {
      for (const length of [4, 30, bytes.length * 0.6, bytes.length - 20]) {
        const cut = decodeImage(bytes.subarray(0, length), 'b/cut');
        await expect(cut).rejects.toThrow(/^b\/cut: expected/);
      }
    }
  });

  it('refuses a PNG with a flipped bit', async () => {
    const png = await encodePng(colour);
    png[png.length - 30]! ^= 4;
    await expect(decodeImage(png, 'a.png')).rejects.toThrow(
      'a.png: expected a whole image, found a damaged one',
    );
  });

  it.each([
    ['an empty file', () => Promise.resolve(new Uint8Array(0)), 'found an empty file'],
    [
      'text',
      () => Promise.resolve(new TextEncoder().encode('id,label\n1,2')),
      'found a file that begins with "id,label"',
    ],
    [
      'a web page',
      () => Promise.resolve(new TextEncoder().encode('<!doctype html>')),
      'found a HTML or XML file',
    ],
    ['GIF', () => bytesOf(raw(colour.pixels, 3).gif()), 'expected PNG or JPEG, found a GIF file'],
    ['TIFF', () => bytesOf(raw(colour.pixels, 3).tiff()), 'found a TIFF file'],
    ['WebP', () => bytesOf(raw(colour.pixels, 3).webp()), 'found a WebP file'],
    [
      '16 bits',
      () => bytesOf(raw(colour.pixels, 3).toColourspace('rgb16').png()),
      'expected 8-bit grey or RGB, found ushort rgb16',
    ],
    [
      '16 bits of grey',
      () => bytesOf(raw(grey.pixels, 1).toColourspace('grey16').png()),
      'found ushort grey16',
    ],
    ['CMYK', () => bytesOf(raw(colour.pixels, 3).toColourspace('cmyk').jpeg()), 'found uchar cmyk'],
    [
      'an animation',
      async () => withChunk(await encodePng(colour), 'acTL', new Uint8Array(8)),
      'found an animated PNG',
    ],
  ])('says what it found instead: %s', async (_, make, message) => {
    const bytes = await make();
    await expect(decodeImage(bytes, 'scan 1.png')).rejects.toThrow(`scan 1.png: `);
    await expect(decodeImage(bytes, 'scan 1.png')).rejects.toThrow(message);
  });
});

const real = '../shared/real/';

/** SHA-256 of the pixels that Pillow decodes, three files a dataset. */
const pillow: [string, string[], string][] = [
  [
    'breast/Dataset_BUSI_with_GT/benign/',
    ['benign (10).png', 'benign (102).png', 'benign (105).png'],
    '17c90e1fad6905bc6fe52d0f2631d1490334581d48096a304bdae7313251accd',
  ],
  [
    'chest/chest_xray/train/NORMAL/',
    ['IM-0195-0001.jpeg', 'IM-0280-0001.jpeg', 'IM-0354-0001.jpeg'],
    '68feae482a144e25d4ddd911c299dd3722650c7b342e75701706b9eb0750dac2',
  ],
  [
    'thyroid/ddti/',
    ['100_1.jpg', '108_1.jpg', '118_1.jpg'],
    '8edb4c749e31d695efd55b342f941863cfbf49b633e1bd007804da367602feb3',
  ],
  [
    'isic/ISIC2018/ISIC2018_Task3_Training_Input/',
    ['ISIC_0024307.jpg', 'ISIC_0024329.jpg', 'ISIC_0024360.jpg'],
    '091a7863774d03345ddd3c4f0e18e4902c9576a336ed35a1782e109e1bc835a3',
  ],
];

describe.skipIf(!existsSync(real))('on real images (skipped: ../shared not there)', () => {
  it.each(pillow)('decodes %s to the pixels that Pillow finds', async (folder, files, sha256) => {
    const hash = createHash('sha256');
    for (const file of files) {
      hash.update((await decodeImage(readFileSync(real + folder + file), file)).pixels);
    }
    expect(hash.digest('hex')).toBe(sha256);
  });
});
