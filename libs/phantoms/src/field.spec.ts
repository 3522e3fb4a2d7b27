import { expect, it } from 'vitest';
import { below, ellipse, ridge, shape, smoothNoise } from './field.js';

it('measures an ellipse from its centre, in radii', () => {
  const d = ellipse(0.1, -0.2, 0.5, 0.25);
  expect(d(0.1, -0.2)).toBeCloseTo(-1);
  expect(d(0.6, -0.2)).toBeCloseTo(0);
  expect(d(0.1, 0.3)).toBeCloseTo(1);
});

it('turns a shape by its angle', () => {
  const d = shape({ x: 0, y: 0, width: 0.8, height: 0.2, angle: Math.PI / 2 });
  expect(d(0, 0.8)).toBeCloseTo(0);
  expect(d(0.2, 0)).toBeCloseTo(0);
});

it('passes smoothly from inside to outside', () => {
  expect([-2, -0.1, 0, 0.1, 2].map((value) => below(value, 0.1))).toEqual([1, 1, 0.5, 0, 0]);
});

it('draws a line along the zeros', () => {
  expect([-0.2, 0, 0.05, 0.1].map((value) => ridge(value, 0.1))).toEqual([0, 1, 0.5, 0]);
});

it('makes noise without jumps, even beyond the border', () => {
  let i = 0;
  const noise = smoothNoise({ uniform: () => (i = (i * 7 + 3) % 17) / 17, normal: () => 0 }, 5);
  for (let x = -1.5; x < 1.5; x += 0.01) {
    expect(Math.abs(noise(x + 0.01, 0.3) - noise(x, 0.3))).toBeLessThan(0.1);
    expect(Math.abs(noise(0.3, x))).toBeLessThanOrEqual(1);
  }
});
