import { expect, it } from 'vitest';
import { encodePng } from './encode.js';

it('writes grey as grey and colour as colour, without metadata, the same bytes each time', async () => {
  for (const channels of [1, 3] as const) {
    const image = { width: 3, height: 2, channels, pixels: new Uint8Array(6 * channels).fill(90) };
    const png = await encodePng(image);
    expect(png[25]).toBe(channels === 1 ? 0 : 2);
    expect(Buffer.from(png).toString('latin1')).not.toMatch(/tEXt|iTXt|eXIf|iCCP|tIME/);
    expect(await encodePng(image)).toEqual(png);
  }
});
