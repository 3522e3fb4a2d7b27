import { below, ellipse, ridge, shape, smoothNoise, type Field } from './field.js';
import type { Difficulty, Drawing } from './drawing.js';
import { between, type RandomSource } from './random.js';

/** The parts of a chest that differ from patient to patient. */
interface Chest {
  lungs: readonly [Field, Field];
  heart: Field;
  ribs: Field;
  vessels: Field;
  body: Field;
}

/**
 * An X-ray-like chest: ribs, spine, heart and lung fields. Normal; with one blurred opacity in a lung (focal); or with
 * patchy haze in both, more of it at the bases (diffuse).
 */
export function chestOf(label: string, random: RandomSource, { separation, noise }: Difficulty): Drawing {
  const chest = drawChest(random);
  const strength = Math.max(0.4, 1 + 0.3 * random.normal()) * separation;
  const focal = label === 'focal' ? focalOpacity(random, 0.18 * strength) : () => 0;
  const diffuse = label === 'diffuse' ? diffuseOpacity(random, 0.13 * strength) : () => 0;
  return (view) => {
    const exposure = between(view, 0.85, 1.15);
    const offset = 0.05 * view.normal();
    const [dx, dy] = [0.05 * view.normal(), 0.05 * view.normal()];
    const zoom = between(view, 0.93, 1.07);
    const film: Field = (x, y) => {
      const u = x * zoom + dx;
      const v = y * zoom + dy;
      return exposure * density(chest, (a, b) => focal(a, b) + diffuse(a, b), u, v) + offset;
    };
    return [[film], 0.03 * noise];
  };
}

function drawChest(random: RandomSource): Chest {
  const apex = between(random, 0.36, 0.44);
  const width = between(random, 0.3, 0.38);
  const height = between(random, 0.62, 0.74);
  const spacing = between(random, 0.2, 0.25);
  const slope = between(random, 0.3, 0.6);
  const phase = between(random, 0, spacing);
  return {
    lungs: [
      lung(-apex, between(random, -0.1, 0), width, height),
      lung(apex, between(random, -0.1, 0), width * 0.94, height * 0.97),
    ],
    heart: ellipse(
      between(random, 0.1, 0.18),
      between(random, 0.36, 0.46),
      between(random, 0.26, 0.36),
      0.32,
    ),
    ribs: (x, y) => {
      const along = y - slope * Math.abs(x) + 0.55 * x * x + phase + 2;
      return ridge((along % spacing) - spacing / 2, 0.06);
    },
    vessels: smoothNoise(random, 9),
    body: smoothNoise(random, 3),
  };
}

/** Wider at the base than at the top. */
function lung(x: number, y: number, width: number, height: number): Field {
  return shape({ x, y, width, height, angle: 0 }, (angle) => 1 + 0.14 * Math.sin(angle));
}

/** Brightness of the film: bone and soft tissue are light, air is dark. */
function density(chest: Chest, opacity: Field, x: number, y: number): number {
  const left = below(chest.lungs[0](x, y), 0.1);
  const right = below(chest.lungs[1](x, y), 0.1);
  const dome = below(y - 0.42 - 2 * (Math.abs(x) - 0.36) ** 2, 0.05);
  const lung = Math.max(left, right) * dome;
  const heart = below(chest.heart(x, y), 0.12) * 0.9;
  const air = lung * (1 - heart);
  const spine = 0.12 * ridge(x, 0.16) + 0.03 * Math.sin(26 * y) * ridge(x, 0.14);
  const clavicle =
    0.12 * ridge(y + 0.72 - 0.35 * Math.abs(Math.abs(x) - 0.35), 0.06) * below(Math.abs(x) - 0.75, 0.1);
  const hilum = 0.12 * ridge(Math.abs(x) - 0.2, 0.16) * ridge(y, 0.35);
  const soft = 0.62 + 0.05 * chest.body(x, y) - 0.35 * below(1.02 - Math.abs(x) - 0.1 * y, 0.12);
  const aerated = 0.2 + 0.05 * ridge(chest.vessels(x, y), 0.2) + opacity(x, y);
  return (
    soft * (1 - air) +
    Math.min(aerated, 0.62) * air +
    0.12 * chest.ribs(x, y) * Math.max(left, right) +
    spine +
    clavicle +
    hilum * air
  );
}

function focalOpacity(random: RandomSource, height: number): Field {
  const side = random.uniform() < 0.5 ? -1 : 1;
  const wide = between(random, 0.14, 0.26);
  const spot = ellipse(
    side * between(random, 0.32, 0.52),
    between(random, -0.4, 0.35),
    wide,
    wide * between(random, 0.7, 1.3),
  );
  const texture = smoothNoise(random, 10);
  return (x, y) => height * below(spot(x, y) + 0.25 * texture(x, y), 0.9);
}

function diffuseOpacity(random: RandomSource, height: number): Field {
  const patches = smoothNoise(random, 7);
  const fine = smoothNoise(random, 15);
  const bases = between(random, 0.1, 0.5);
  return (x, y) => height * (1 + bases * y) * (0.4 + 0.7 * below(-patches(x, y), 0.5) + 0.4 * fine(x, y));
}
