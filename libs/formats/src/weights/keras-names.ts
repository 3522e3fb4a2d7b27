import type { Tensor } from '../safetensors.js';

/** What an HDF5 file of Keras holds: its tensors by path, and the names that some groups carry as an attribute. */
export interface KerasTensors {
  tensors: Map<string, Tensor>;
  names: Map<string, string>;
}

const variables = new Map<string, readonly string[]>([
  ['conv2d', ['kernel', 'bias']],
  ['dense', ['kernel', 'bias']],
  ['batch_normalization', ['gamma', 'beta', 'moving_mean', 'moving_variance']],
]);

/** A tensor of a layer that the file calls by its class and number: `layers/conv2d_12/vars/0`. */
const numbered = /^(?<group>(?:.*\/)?layers\/(?<layer>[^/]+))\/vars\/(?<index>\d+)$/;

/**
 * Tensors of Keras under `layer/variable`, from whichever form of file:
 *
 * | form | path | name |
 * |---|---|---|
 * | Keras 2 weights | `conv1_bn/conv1_bn/gamma:0` | `conv1_bn/gamma` |
 * | Keras 2 model | `model_weights/conv1_bn/conv1_bn/gamma:0` | `conv1_bn/gamma` |
 * | Keras 2 DenseNet | `conv1/bn/conv1/bn/gamma:0` | `conv1/bn/gamma` |
 * | Keras 3 model | `model_weights/conv1_bn/conv1_bn/gamma` | `conv1_bn/gamma` |
 * | model in a model | `model_weights/resnet50/conv1_bn/gamma` | `conv1_bn/gamma` |
 * | Keras 3 weights | `layers/batch_normalization/vars/0` | by the name of the layer where it is known |
 *
 * Where the name of a layer is not known, a tensor keeps its path: the order of the layers says which is which.
 *
 * @param layerNames names by path of the layer, `layers/conv2d_12`; those in the file itself come first
 */
export function kerasNames(
  { tensors, names }: KerasTensors,
  layerNames: ReadonlyMap<string, string> = new Map(),
): Map<string, Tensor> {
  const paths = [...tensors.keys()];
  const layers = nameOfGroups(paths);
  const known = new Map([...layerNames, ...names]);
  const counts = countVariables(paths);
  return new Map(
    [...tensors].map(([path, tensor]) => {
      const match = numbered.exec(unified(path))?.groups;
      if (!match) return [layers(path), tensor];
      const { group = '', layer = '', index = '0' } = match;
      const name = known.get(group);
      const variable = variableOf(layer, Number(index), counts.get(group) ?? 0);
      const found = name !== undefined && variable !== undefined ? `${name}/${variable}` : unified(path);
      return [found, tensor];
    }),
  );
}

/** Early releases of Keras 3 called the folder of layers otherwise. */
export function unified(path: string): string {
  return path.replace(/(^|\/)_layer_checkpoint_dependencies\//g, '$1layers/');
}

/** `kernel` for the first variable of a convolution; a batch norm with three has no γ. */
function variableOf(layer: string, index: number, count: number): string | undefined {
  const all = variables.get(layer.replace(/_\d+$/, ''));
  const own = all?.length === 4 && count === 3 ? all.slice(1) : all;
  return own?.[index];
}

function countVariables(paths: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const group = numbered.exec(unified(path))?.groups?.group;
    if (group !== undefined) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}

/**
 * `layer/variable` of a path. Keras 2 repeats the name of a layer, which may itself hold a slash:
 * `conv1/conv/conv1/conv/kernel`. Else the first group is the layer, whose variables may carry a suffix of their own;
 * but a group with variables in several others is a model in the model, whose layers these are.
 */
function nameOfGroups(paths: readonly string[]): (path: string) => string {
  const parents = new Map<string, Set<string>>();
  for (const path of paths) {
    const { groups } = partsOf(path);
    const [top = ''] = groups;
    parents.set(top, (parents.get(top) ?? new Set()).add(groups.slice(1).join('/')));
  }
  return (path) => {
    const { groups, variable } = partsOf(path);
    const [top = ''] = groups;
    const layer = groups.slice(0, groups.length / 2).join('/');
    if (groups.join('/') === `${layer}/${layer}`) return `${layer}/${variable}`;
    const isModel = (parents.get(top)?.size ?? 0) > 1;
    return `${isModel ? groups.slice(1).join('/') : top}/${variable}`;
  };
}

function partsOf(path: string): { groups: string[]; variable: string } {
  const groups = path.replace(/^model_weights\//, '').split('/');
  const variable = (groups.pop() ?? '').replace(/:\d+$/, '');
  return { groups, variable };
}
