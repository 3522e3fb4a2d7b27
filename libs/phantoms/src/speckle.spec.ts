import { expect, it } from 'vitest';
import { speckle } from './speckle.js';

/** Normals enough for a statistic: Box–Muller over a congruential generator. */
function source() {
  let state = 1;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()) };
}

it('is Rayleigh distributed: mean 1, deviation 0.52', () => {
  const size = 96;
  const field = speckle(source(), size);
  const centre = (i: number) => (2 * i + 1) / size - 1;
  const values = Array.from({ length: size * size }, (_, i) =>
    field(centre(i % size), centre(Math.floor(i / size))),
  );
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(mean).toBeCloseTo(1, 10);
  expect(Math.sqrt(variance)).toBeCloseTo(Math.sqrt(4 / Math.PI - 1), 1);
});

it('is coarser across than along depth', () => {
  const field = speckle(source(), 64);
  const step = 2 / 64;
  let across = 0;
  let along = 0;
  for (let i = 2; i < 60; i++) {
    for (let j = 2; j < 60; j++) {
      const [x, y] = [(2 * i + 1) / 64 - 1, (2 * j + 1) / 64 - 1];
      across += Math.abs(field(x + step, y) - field(x, y));
      along += Math.abs(field(x, y + step) - field(x, y));
    }
  }
  expect(across).toBeLessThan(along);
});
