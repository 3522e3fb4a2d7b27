import { below, shape, smoothNoise, type Field } from './field.js';
import type { Difficulty, Drawing } from './drawing.js';
import { between, type RandomSource } from './random.js';

type Colour = readonly [number, number, number];

const outlines: Record<string, (angle: number) => number> = {
  disc: () => 1,
  triangle: (angle) => triangle(angle + Math.PI / 2),
  star: (angle) => 0.45 + 1.7 * Math.abs((((angle / (2 * Math.PI)) * 5 + 10) % 1) - 0.5),
};

/** A coloured object before a coloured ground. The label says its surface and its shape: `striped-star`. */
export function objectOf(label: string, random: RandomSource, { separation, noise }: Difficulty): Drawing {
  const [surface = '', outline = ''] = label.split('-');
  const radius = outlines[outline];
  if (!radius) throw new RangeError(`natural: expected a surface and a shape as label, found ${label}`);
  const scale = between(random, 0.55, 0.8);
  const pose = {
    x: between(random, -0.2, 0.2),
    y: between(random, -0.2, 0.2),
    width: scale,
    height: scale * between(random, 0.8, 1.2),
    angle: 0.2 * random.normal(),
  };
  const body = shape(pose, radius);
  const skin = surface === 'striped' ? stripes(random) : dots(random);
  const paints = [...twoColours(random), ...twoColours(random)] as const;
  const ground = smoothNoise(random, between(random, 2, 9));
  const light = [between(random, -0.3, 0.3), between(random, -0.3, 0.3)] as const;
  const channel = (c: 0 | 1 | 2): Field => {
    return (x, y) => {
      const behind = mix(paints[2][c], paints[3][c], 0.5 + 0.3 * ground(x, y));
      const front = mix(paints[0][c], paints[1][c], 0.5 + (skin(x, y) - 0.5) * separation);
      return mix(behind, front, below(body(x, y), 0.06)) * (1 + light[0] * x + light[1] * y);
    };
  };
  return () => [[channel(0), channel(1), channel(2)], 0.04 * noise];
}

function triangle(angle: number): number {
  const step = (2 * Math.PI) / 3;
  return 0.6 / Math.cos(((angle + 4 * Math.PI) % step) - step / 2);
}

function stripes(random: RandomSource): Field {
  const angle = between(random, 0, Math.PI);
  const pitch = between(random, 12, 20);
  const [cos, sin] = [pitch * Math.cos(angle), pitch * Math.sin(angle)];
  return (x, y) => below(Math.sin(cos * x + sin * y), 0.3);
}

function dots(random: RandomSource): Field {
  const angle = between(random, 0, Math.PI);
  const pitch = between(random, 10, 16);
  const [cos, sin] = [pitch * Math.cos(angle), pitch * Math.sin(angle)];
  return (x, y) => below(0.25 - Math.sin(cos * x + sin * y) * Math.sin(cos * y - sin * x), 0.25);
}

/** A light colour and a dark one. */
function twoColours(random: RandomSource): [Colour, Colour] {
  const light = [between(random, 0.4, 1), between(random, 0.4, 1), between(random, 0.4, 1)] as const;
  const shade = between(random, 0.2, 0.6);
  const dark = light.map((value) => value * shade + between(random, -0.1, 0.1)) as [number, number, number];
  return random.uniform() < 0.5 ? [light, dark] : [dark, light];
}

function mix(from: number, to: number, share: number): number {
  const t = Math.min(Math.max(share, 0), 1);
  return from * (1 - t) + to * t;
}
