/** Decoded pixels, 8 bits a channel: height × width × channels, row-major; channels are grey, or red, green, blue. */
export interface Image {
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: Uint8Array;
}

/** The image with three channels: grey is repeated, colour is returned as it is. */
export function toRgb(image: Image): Image & { channels: 3 } {
  const { width, height, channels, pixels } = image;
  if (channels === 3) return { width, height, channels, pixels };
  const rgb = new Uint8Array(pixels.length * 3);
  for (let i = 0; i < rgb.length; i++) rgb[i] = pixels[Math.floor(i / 3)] as number;
  return { width, height, channels: 3, pixels: rgb };
}
