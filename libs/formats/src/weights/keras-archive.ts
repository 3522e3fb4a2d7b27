import type { Tensor } from '../safetensors.js';
import { readHdf5 } from './hdf5.js';
import { kerasNames } from './keras-names.js';
import { readZip } from './zip.js';

interface LayerConfig {
  class_name?: unknown;
  name?: unknown;
  config?: { name?: unknown; layers?: unknown };
}

/** The two parts of a `.keras` file. */
export const kerasArchiveParts = { config: 'config.json', weights: 'model.weights.h5' };

/**
 * The tensors of a `.keras` archive as `layer/variable`: its weights have no names, its configuration has those of the
 * layers in the same order.
 *
 * @throws RangeError when a part is missing or damaged, or the archive is cut off
 *
 * Reference: keras/src/saving/saving_lib.py of https://github.com/keras-team/keras
 */
export async function readKerasArchive(bytes: Uint8Array): Promise<Map<string, Tensor>> {
  const parts = Object.values(kerasArchiveParts);
  const { entries, cut } = readZip(bytes, (name) => parts.includes(name));
  const [config, weights] = parts.map((name) => entries.get(name));
  if (!config || !weights) {
    const found = cut
      ? `truncated: ${cut.name} needs ${cut.needsBytes ?? 'more'} bytes of the file, found ${cut.foundBytes}`
      : `found ${[...entries.keys()].join(', ') || 'neither'}`;
    throw new RangeError(`keras: expected ${parts.join(' and ')} in the archive; ${found}`);
  }
  return kerasNames(await readHdf5(weights), layerNamesOf(config));
}

/** Names by path of the layer in the weights: `layers/conv2d_12`, and below a model in the model. */
function layerNamesOf(config: Uint8Array): Map<string, string> {
  const names = new Map<string, string>();
  try {
    const model = JSON.parse(new TextDecoder().decode(config)) as LayerConfig;
    nameLayers(model.config?.layers, 'layers', names);
  } catch (cause) {
    throw new RangeError(`keras: expected JSON in ${kerasArchiveParts.config}, found something else`, {
      cause,
    });
  }
  return names;
}

/** Keras numbers the layers of each class in their order, from nothing: `conv2d`, `conv2d_1`, `conv2d_2`. */
function nameLayers(layers: unknown, folder: string, names: Map<string, string>): void {
  const seen = new Map<string, number>();
  for (const layer of Array.isArray(layers) ? (layers as LayerConfig[]) : []) {
    const kind = snakeCase(String(layer.class_name));
    const before = seen.get(kind) ?? 0;
    seen.set(kind, before + 1);
    const path = `${folder}/${before === 0 ? kind : `${kind}_${before}`}`;
    const name = layer.config?.name ?? layer.name;
    if (typeof name === 'string') names.set(path, name);
    nameLayers(layer.config?.layers, `${path}/layers`, names);
  }
}

/** `BatchNormalization` as `batch_normalization`, `Conv2D` as `conv2d`. */
function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
