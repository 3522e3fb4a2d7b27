import { below, ridge, shape, type Field, type Pose } from './field.js';
import type { Difficulty, Drawing } from './drawing.js';
import { between, type RandomSource } from './random.js';
import { layeredTissue, scan } from './ultrasound.js';

/** What tells the two apart; the classes overlap in each. */
interface Nodule {
  pose: Pose;
  radius: (angle: number) => number;
  margin: number;
  echo: number;
  posterior: number;
  calcifications: readonly Field[];
}

/**
 * An ultrasound-like patient with one nodule. Benign ones tend to be wide, smooth, sharply outlined and brighter
 * behind; malignant ones tall, irregular, blurred, darker, with bright specks and a shadow.
 */
export function noduleOf(label: string, random: RandomSource, { separation, noise }: Difficulty): Drawing {
  const tissue = layeredTissue(random);
  const nodule = drawNodule(random, label === 'malignant' ? separation : -separation);
  return (view, size) => {
    const [dx, dy] = [0.12 * view.normal(), 0.07 * view.normal()];
    const zoom = between(view, 0.9, 1.12);
    const echo = withNodule(tissue, nodule);
    const seen: Field = (x, y) => echo(x * zoom + dx, y * zoom + dy * (1 - Math.abs(y)));
    return [[scan(seen, view, size, 0.6 * noise)], 0.02 * noise];
  };
}

/** @param side −1 for a typical benign nodule to 1 for a typical malignant one */
function drawNodule(random: RandomSource, side: number): Nodule {
  const trait = (benign: number, malignant: number, spread: number) =>
    (benign + malignant) / 2 + (side * (malignant - benign)) / 2 + spread * random.normal();
  const aspect = Math.min(Math.max(trait(0.73, 1.02, 0.16), 0.45), 1.5);
  const area = between(random, 0.1, 0.2);
  const width = Math.sqrt(area / aspect);
  const pose = {
    x: between(random, -0.3, 0.3),
    y: between(random, -0.1, 0.2),
    width,
    height: width * aspect,
    angle: 0.25 * random.normal(),
  };
  const specks = Math.max(0, Math.round(trait(-0.1, 1.7, 1.2)));
  return {
    pose,
    radius: outline(random, trait(0.06, 0.1, 0.03), trait(0.06, 0.29, 0.15)),
    margin: Math.max(trait(0.12, 0.22, 0.07), 0.05),
    echo: Math.min(Math.max(trait(0.24, 0.16, 0.06), 0.05), 0.36),
    posterior: trait(0.18, -0.28, 0.2),
    calcifications: Array.from({ length: specks }, () => speckIn(pose, random)),
  };
}

/** A circle with slow lobes all around and a few spikes here and there. */
function outline(random: RandomSource, lobes: number, spikes: number): (angle: number) => number {
  const waves = [2, 3, 4].map((count) => ({
    count,
    height: lobes * random.normal(),
    phase: between(random, 0, 2 * Math.PI),
  }));
  const thorns = Array.from({ length: 6 }, () => ({
    at: between(random, -Math.PI, Math.PI),
    height: Math.max(spikes, 0) * between(random, 0.5, 1.5),
    width: between(random, 0.15, 0.35),
  }));
  return (angle) => {
    let radius = 1;
    for (const { count, height, phase } of waves) radius += height * Math.cos(count * angle + phase);
    for (const { at, height, width } of thorns) {
      const turn = Math.abs(angle - at);
      radius += height * ridge(Math.min(turn, 2 * Math.PI - turn), width);
    }
    return Math.max(radius, 0.3);
  };
}

function speckIn(pose: Pose, random: RandomSource): Field {
  const angle = between(random, 0, 2 * Math.PI);
  const distance = between(random, 0, 0.7);
  const x = pose.x + distance * pose.width * Math.cos(angle);
  const y = pose.y + distance * pose.height * Math.sin(angle);
  return shape({ x, y, width: 0.035, height: 0.03, angle: 0 });
}

function withNodule(tissue: Field, nodule: Nodule): Field {
  const { pose, margin, echo, posterior, calcifications } = nodule;
  const distance = shape(pose, nodule.radius);
  return (x, y) => {
    const around = tissue(x, y);
    const inside = below(distance(x, y), margin);
    const behind =
      below(Math.abs(x - pose.x) - pose.width * 0.8, 0.12) * below(pose.y + pose.height - y, 0.15);
    const outer = around * (1 + posterior * behind) * (1 - inside);
    if (inside === 0) return outer;
    let inner = echo * (0.6 + 0.8 * around);
    for (const speck of calcifications) inner += 0.5 * below(speck(x, y), 0.6);
    return outer + inner * inside;
  };
}
