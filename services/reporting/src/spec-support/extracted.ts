import type { Model, StudyResults } from '@palimpsest/contracts';
import { writeNpy } from '@palimpsest/formats';
import type { Store } from '@palimpsest/platform';
import { at, draw, layers } from './made.js';

/** A tree of one file, of which the report needs the hash only. */
export const tree = (store: Store, name: string) =>
  store.putTree(`trees/${name.replaceAll(' ', '-')}`, new Map([['x', new TextEncoder().encode(name)]]));

/** What one extraction puts out. */
export async function extracted(
  store: Store,
  target: string,
  model: Model,
  fold: number | null,
): Promise<StudyResults['extractions'][number]> {
  const name = `extract ${target} ${model.source} ${model.strategy ?? 'start'}`;
  return {
    ...{ target, model, fold, ...at(name) },
    output: {
      activations: await tree(store, name),
      layers: layers.map((layer) => ({
        layer,
        points: 10_000,
        channels: 64,
        images: 1,
        height: 112,
        width: 112,
      })),
      filters: await store.put(
        'filters',
        writeNpy({ shape: [7, 7, 3, 36], data: filtersOf(target, model) }),
        '.npy',
      ),
    },
  };
}

/** Gabor-like stripes for a start, with noise of the target added by fine-tuning. */
function filtersOf(target: string, { source, strategy }: Model): Float32Array {
  const noise = draw('tuned', target, source, strategy);
  const waves = draw('waves', source);
  const angles = Array.from(
    { length: 36 },
    () => [waves.uniform() * Math.PI, 0.5 + waves.uniform() * 1.5] as const,
  );
  const tints = Array.from({ length: 36 * 3 }, () => waves.normal());
  return Float32Array.from({ length: 7 * 7 * 3 * 36 }, (_, i) => {
    const [filter, channel, place] = [i % 36, Math.floor(i / 36) % 3, Math.floor(i / 108)];
    const [x, y] = [(place % 7) - 3, Math.floor(place / 7) - 3];
    const [angle, frequency] = angles[filter] ?? [0, 1];
    const wave =
      source === 'random'
        ? waves.normal()
        : Math.cos(frequency * (x * Math.cos(angle) + y * Math.sin(angle)));
    const shade = Math.exp(-(x * x + y * y) / 9) * wave * (0.6 + 0.4 * (tints[filter * 3 + channel] ?? 0));
    return 0.1 * shade + (strategy === null ? 0 : 0.008 * noise.normal());
  });
}
