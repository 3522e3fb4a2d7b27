import { between, type RandomSource } from './random.js';

/** A brightness for each place: x to the right and y downwards, both from −1 to 1 over the image. */
export type Field = (x: number, y: number) => number;

/** Where a shape lies: its centre, its half axes, and its turn in radians. */
export interface Pose {
  x: number;
  y: number;
  width: number;
  height: number;
  angle: number;
}

/**
 * How far a place is from the outline of a shape: −1 at its centre, 0 on the outline, 1 at twice its radius.
 *
 * @param radius of the outline at an angle (radians), as a share of the half axes; a circle if left out
 */
export function shape(pose: Pose, radius: (angle: number) => number = () => 1): Field {
  const cos = Math.cos(pose.angle);
  const sin = Math.sin(pose.angle);
  return (x, y) => {
    const u = ((x - pose.x) * cos + (y - pose.y) * sin) / pose.width;
    const v = ((y - pose.y) * cos - (x - pose.x) * sin) / pose.height;
    return Math.sqrt(u * u + v * v) / radius(Math.atan2(v, u)) - 1;
  };
}

/** An ellipse that is not turned, as a shape. */
export function ellipse(x: number, y: number, width: number, height: number): Field {
  return shape({ x, y, width, height, angle: 0 });
}

/** From 1 well below zero to 0 well above it, smoothly over ±softness. */
export function below(value: number, softness: number): number {
  const t = Math.min(Math.max((softness - value) / (2 * softness), 0), 1);
  return t * t * (3 - 2 * t);
}

/** 1 near zero, falling to 0 at ±width: a line along the zeros of a field. */
export function ridge(value: number, width: number): number {
  const t = Math.max(1 - Math.abs(value) / width, 0);
  return t * t * (3 - 2 * t);
}

/** Smooth noise about 0, roughly between −1 and 1, with so many bumps across the image. */
export function smoothNoise(random: RandomSource, bumps: number): Field {
  const side = Math.ceil(bumps) + 2;
  const grid = Float64Array.from({ length: side * side }, () => between(random, -1, 1));
  const at = (row: number, column: number) => grid[row * side + column] as number;
  return (x, y) => {
    const u = Math.min(Math.max((x + 1) / 2, 0), 1) * bumps;
    const v = Math.min(Math.max((y + 1) / 2, 0), 1) * bumps;
    const column = Math.floor(u);
    const row = Math.floor(v);
    const s = ease(u - column);
    const t = ease(v - row);
    const upper = at(row, column) * (1 - s) + at(row, column + 1) * s;
    const lower = at(row + 1, column) * (1 - s) + at(row + 1, column + 1) * s;
    return upper * (1 - t) + lower * t;
  };
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
