import type { Group } from 'h5wasm';
import type { Tensor } from '../safetensors.js';
import { loadHdf5 } from './hdf5-library.js';

/** A layer with its variables, both in the order in which Keras has them. */
export interface KerasLayer {
  name: string;
  variables: readonly (readonly [name: string, tensor: Tensor])[];
}

let written = 0;

/**
 * Writes a weights file that `load_weights` of Keras 2 and 3 reads: a group a layer, the orders as attributes.
 *
 * @throws RangeError when a tensor's data do not fill its shape
 */
export async function writeKerasHdf5(layers: readonly KerasLayer[]): Promise<Uint8Array> {
  const library = await loadHdf5();
  const { FS } = library;
  if (!FS) throw new Error('hdf5: the library has no file system');
  const path = `written-${written++}.h5`;
  const file = new library.File(path, 'w');
  try {
    writeNames(
      file,
      'layer_names',
      layers.map(({ name }) => name),
    );
    writeText(file, 'backend', 'tensorflow');
    writeText(file, 'keras_version', '2.15.0');
    for (const layer of layers) writeLayer(file, layer);
    file.close();
    return Uint8Array.from(FS.readFile(path));
  } finally {
    FS.unlink(path);
  }
}

function writeLayer(file: Group, { name, variables }: KerasLayer): void {
  const outer = file.create_group(name);
  writeNames(
    outer,
    'weight_names',
    variables.map(([variable]) => `${name}/${variable}:0`),
  );
  const inner = outer.create_group(name);
  for (const [variable, { shape, data }] of variables) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length)
      throw new RangeError(`hdf5: "${name}/${variable}": expected ${size} values, found ${data.length}`);
    inner.create_dataset({ name: `${variable}:0`, data, shape, dtype: '<f' });
  }
}

function writeNames(group: Group, attribute: string, names: string[]): void {
  const longest = Math.max(1, ...names.map((name) => name.length));
  group.create_attribute(attribute, names, [names.length], `S${longest}`);
}

function writeText(group: Group, attribute: string, text: string): void {
  group.create_attribute(attribute, text, [], `S${text.length}`);
}
