import { below, ellipse, ridge, shape, smoothNoise, type Field } from './field.js';
import type { Difficulty, Drawing } from './drawing.js';
import { between, type RandomSource } from './random.js';
import { layeredTissue, scan } from './ultrasound.js';

/** Draws one anatomy, with a finding of the given strength; 0 for none. */
type Anatomy = (random: RandomSource, finding: number) => Field;

const anatomies: Record<string, Anatomy> = { abdomen, brain, ultrasound };

/** A grey section of the body. The label names the anatomy and, after a hyphen, a finding: `brain-lesion`. */
export function sectionOf(label: string, random: RandomSource, { separation, noise }: Difficulty): Drawing {
  const [name = '', finding] = label.split('-');
  const anatomy = anatomies[name];
  if (!anatomy) throw new RangeError(`radiology: expected an anatomy as label, found ${label}`);
  const strength = finding === undefined ? 0 : separation * between(random, 0.6, 1.1);
  const section = turned(anatomy(random, strength), random);
  return (view, size) => {
    if (name === 'ultrasound') return [[scan(section, view, size, 0.6 * noise)], 0.02 * noise];
    const exposure = between(view, 0.8, 1.15);
    return [[(x, y) => exposure * section(x, y)], 0.045 * noise];
  };
}

function turned(field: Field, random: RandomSource): Field {
  const angle = 0.08 * random.normal();
  const zoom = between(random, 0.9, 1.1);
  const [cos, sin] = [zoom * Math.cos(angle), zoom * Math.sin(angle)];
  const [dx, dy] = [0.05 * random.normal(), 0.05 * random.normal()];
  return (x, y) => field(cos * x + sin * y + dx, cos * y - sin * x + dy);
}

/** As magnetic resonance shows it: scalp, dark skull, folded cortex, dark ventricles; a lesion is a bright patch. */
function brain(random: RandomSource, finding: number): Field {
  const [width, height] = [between(random, 0.66, 0.76), between(random, 0.82, 0.92)];
  const head = ellipse(0, 0, width, height);
  const folds = smoothNoise(random, 13);
  const white = smoothNoise(random, 4);
  const spread = between(random, 0.08, 0.14);
  const horns = [-1, 1].map((side) =>
    shape({
      x: side * spread,
      y: -0.05,
      width: 0.07,
      height: between(random, 0.22, 0.32),
      angle: side * 0.25,
    }),
  );
  const side = random.uniform() < 0.5 ? -1 : 1;
  const lesion = blob(random, side * between(random, 0.25, 0.45), between(random, -0.45, 0.45), 0.17);
  return (x, y) => {
    const d = head(x, y);
    const cortex = below(-d - 0.3 + 0.12 * folds(x, y), 0.1);
    const matter =
      0.5 + 0.06 * white(x, y) - 0.14 * cortex - 0.12 * ridge(folds(x, y), 0.25) * below(-d - 0.45, 0.15);
    const ventricles = horns.reduce((sum, horn) => Math.max(sum, below(horn(x, y), 0.2)), 0);
    const inside =
      matter * (1 - 0.75 * ventricles) - 0.12 * ridge(x, 0.03) * below(-0.35 + Math.abs(d + 0.5), 0.2);
    const scalp = 0.7 * ridge(d, 0.07) * 1.1;
    return inside * below(d + 0.14, 0.03) + scalp + 0.32 * finding * lesion(x, y) * below(d + 0.2, 0.05);
  };
}

/** As computed tomography shows it: fat, wall, gut, liver, kidneys, spine; a mass is a dark patch in the liver. */
function abdomen(random: RandomSource, finding: number): Field {
  const body = ellipse(0, 0, between(random, 0.86, 0.94), between(random, 0.62, 0.74));
  const gut = smoothNoise(random, 6);
  const liver = liverWith(random, finding);
  const organs = organsOf(random);
  return (x, y) => {
    const d = body(x, y);
    const wall = below(d + 0.12, 0.04);
    let value = liver(x, y, 0.36 + 0.14 * below(-gut(x, y), 0.3));
    for (const { outline, level } of organs) value += (level - value) * below(outline(x, y), 0.1);
    return value * wall + 0.24 * (below(d, 0.02) - wall) + 0.3 * ridge(d + 0.1, 0.05);
  };
}

function liverWith(random: RandomSource, finding: number): (x: number, y: number, around: number) => number {
  const [width, height] = [between(random, 0.36, 0.44), between(random, 0.28, 0.36)];
  const outline = shape({ x: -0.38, y: -0.1, width, height, angle: 0.3 });
  const grain = smoothNoise(random, 16);
  const mass = blob(random, between(random, -0.55, -0.25), between(random, -0.2, 0.05), 0.14);
  return (x, y, around) => {
    const inside = below(outline(x, y), 0.08);
    return around * (1 - inside) + (0.56 + 0.03 * grain(x, y) - 0.24 * finding * mass(x, y)) * inside;
  };
}

/** Kidneys, aorta, spine with its canal, and a bubble of gas; the later ones lie over the earlier. */
function organsOf(random: RandomSource): { outline: Field; level: number }[] {
  const kidney = (side: number) => {
    const [x, y] = [side * between(random, 0.36, 0.46), between(random, 0.2, 0.3)];
    return shape({ x, y, width: 0.12, height: 0.17, angle: side * 0.5 });
  };
  const bubble = [
    between(random, 0.25, 0.45),
    between(random, -0.35, -0.2),
    between(random, 0.08, 0.2),
  ] as const;
  return [
    { outline: kidney(-1), level: 0.66 },
    { outline: kidney(1), level: 0.66 },
    { outline: ellipse(0.06, between(random, 0.14, 0.2), 0.07, 0.07), level: 0.68 },
    { outline: ellipse(0, between(random, 0.32, 0.4), 0.15, 0.13), level: 0.95 },
    { outline: ellipse(0, 0.46, 0.05, 0.05), level: 0.4 },
    { outline: ellipse(...bubble, 0.09), level: 0.05 },
  ];
}

/** Layered tissue; a cyst is a dark round hole with a bright back. */
function ultrasound(random: RandomSource, finding: number): Field {
  const tissue = layeredTissue(random);
  const [x0, y0] = [between(random, -0.5, 0.5), between(random, -0.2, 0.4)];
  const radius = between(random, 0.14, 0.26);
  const cyst = shape({
    x: x0,
    y: y0,
    width: radius * 1.15,
    height: radius,
    angle: between(random, -0.5, 0.5),
  });
  return (x, y) => {
    const inside = below(cyst(x, y), 0.15) * finding;
    const behind = below(Math.abs(x - x0) - radius * 0.7, 0.1) * below(y0 + radius - y, 0.08) * finding;
    return tissue(x, y) * (1 + 0.35 * behind) * (1 - 0.75 * Math.min(inside, 1));
  };
}

/** A patch with an uneven border, 1 in its middle. */
function blob(random: RandomSource, x: number, y: number, radius: number): Field {
  const texture = smoothNoise(random, 11);
  const spot = ellipse(x, y, radius * between(random, 0.7, 1.3), radius * between(random, 0.7, 1.3));
  return (u, v) => below(spot(u, v) + 0.35 * texture(u, v), 0.35);
}
