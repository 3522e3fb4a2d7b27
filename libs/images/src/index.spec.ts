import { expect, it, vi } from 'vitest';

const loads = vi.hoisted(() => ({ ofSharp: 0 }));
vi.mock('sharp', (original) => {
  loads.ofSharp++;
  return original();
});

it('loads sharp, which is slow to load, with the first image that is decoded or encoded', async () => {
  const { decodeImage, encodePng } = await import('./index.js');
  expect(loads.ofSharp).toBe(0);
  const png = await encodePng({ width: 1, height: 1, channels: 1, pixels: Uint8Array.of(7) });
  expect(loads.ofSharp).toBe(1);
  await decodeImage(png, 'a.png');
  expect(loads.ofSharp).toBe(1);
});
