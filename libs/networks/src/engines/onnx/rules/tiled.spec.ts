import { describe, expect, it } from 'vitest';
import type { ConvLayer, Padding } from '../../../network.js';
import { sizeOf } from '../../../size-of.js';
import { loadRuntime } from '../runtime.js';
import { Tape } from '../tape.js';
import { forEachPair } from '../windows.js';
import type { TileSide } from '../winograd.js';
import { tiled, tileSideOf } from './tiled.js';

const images = 3;
const from = { height: 7, width: 10, channels: 3 };
const filters = 4;
const sides: TileSide[] = [2, 4];
const paddings: Padding[] = [
  { top: 1, left: 1, bottom: 1, right: 1 },
  { top: 0, left: 0, bottom: 0, right: 0 },
  { top: 0, left: 2, bottom: 1, right: 0 },
];

describe.each(sides)('a convolution in tiles of %i outputs a side', (side) => {
  it.each(paddings)('is the plain sum, and so are its gradients: padding %o', async (padding) => {
    const layer = convolution(padding);
    const { height, width } = layer.output;
    const x = numbers(images * sizeOf([from.height, from.width, from.channels]), 1);
    const kernel = numbers(9 * from.channels * filters, 2);
    const bias = numbers(filters, 3);
    const dy = numbers(images * height * width * filters, 4);
    const scale = numbers(filters, 5);
    const found = await compute(layer, side, { x, kernel, bias, dy, scale });
    const expected = plainly(layer, {
      x,
      kernel,
      bias,
      dy: dy.map((value, i) => value * scale[i % filters]!),
    });
    for (const [name, values] of Object.entries(expected))
      values.forEach((value, i) => expect(found[name]![i], `${name}[${i}]`).toBeCloseTo(value, 4));
  });
});

describe('the side of tiles', () => {
  const wide = (size: number, options: Partial<ConvLayer> = {}) => {
    const shape = { height: size, width: size, channels: 64 };
    return tileSideOf({ ...convolution(paddings[0]!), output: shape, ...options }, shape);
  };

  it('is that which takes the fewest products, but for images of which few tiles share a kernel', () => {
    expect([56, 28, 14, 7, 4, 2].map((size) => wide(size))).toEqual([4, 4, 4, 4, 2, 2]);
  });

  it('is none for another window, another stride and few channels', () => {
    const few = { height: 28, width: 28, channels: 16 };
    expect(wide(28, { kernel: [1, 7] })).toBeUndefined();
    expect(wide(28, { stride: 2 })).toBeUndefined();
    expect(wide(28, { output: few })).toBeUndefined();
  });
});

function convolution(padding: Padding): ConvLayer {
  const { top, left, bottom, right } = padding;
  const height = from.height + top + bottom - 2;
  const width = from.width + left + right - 2;
  const output = { height, width, channels: filters };
  return {
    name: 'conv',
    kind: 'conv',
    inputs: ['images'],
    kernel: [3, 3],
    stride: 1,
    padding,
    bias: true,
    output,
  };
}

type Arrays<K extends string> = Record<K, Float32Array>;

async function compute(
  layer: ConvLayer,
  side: TileSide,
  given: Arrays<'x' | 'kernel' | 'bias' | 'dy' | 'scale'>,
): Promise<Record<string, Float32Array>> {
  const options = {
    biasless: new Set<string>(),
    readOnce: new Set<string>(),
    tiles: true,
    threads: 1,
    rebuild: false,
  };
  const tape = new Tape('inverseImages', options);
  const { graph } = tape;
  const { height, width, channels } = layer.output;
  const shapes = {
    images: [images, from.height, from.width, from.channels],
    kernel: [9 * from.channels, filters],
    bias: [filters],
    dy: [images * height * width, channels],
    scale: [filters],
  };
  for (const [name, shape] of Object.entries(shapes)) graph.input(name, shape);
  tape.defineWeight('conv/kernel', 'kernel');
  tape.defineWeight('conv/bias', 'bias');
  let slope = '';
  const rows = graph.node('Reshape', ['images', graph.integers([-1, from.channels])]);
  const input = tape.record({ name: rows, shape: from }, (gradient) => (slope = tape.unscaled(gradient)));
  const output = tiled(tape, layer, input, side);
  tape.addGradient(output, { name: 'dy', columnScale: 'scale' });
  tape.backward();
  const results = {
    y: [output.name, shapes.dy],
    dKernel: [tape.weightGradients.get('conv/kernel')!, shapes.kernel],
    dBias: [tape.weightGradients.get('conv/bias')!, shapes.bias],
    dx: [slope, [images * from.height * from.width, from.channels]],
  } as const;
  const values = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const [name, shape] of Object.values(results)) {
    graph.output(name, shape);
    values.set(name, { shape, data: new Float32Array(sizeOf(shape)) });
  }
  const session = await (await loadRuntime()).open(graph.encode(), { provider: 'cpu', threads: 1 });
  const { x, ...others } = given;
  const feeds = Object.entries({ images: x, ...others }).map(
    ([name, data]) => [name, { shape: shapes[name as keyof typeof shapes], data }] as const,
  );
  await session.run(new Map(feeds), values);
  await session.close();
  return Object.fromEntries(Object.entries(results).map(([key, [name]]) => [key, values.get(name)!.data]));
}

/** The definition, in double precision. */
function plainly(
  layer: ConvLayer,
  { x, kernel, bias, dy }: Arrays<'x' | 'kernel' | 'bias' | 'dy'>,
): Record<string, number[]> {
  const { channels } = from;
  const [inputs, outputs] = [from, layer.output].map(({ height, width }) => height * width) as [
    number,
    number,
  ];
  const y = Array.from(dy, (_, i) => bias[i % filters]!);
  const [dKernel, dx] = [kernel, x].map(({ length }) => Array<number>(length).fill(0)) as [
    number[],
    number[],
  ];
  const dBias = Array<number>(filters).fill(0);
  dy.forEach((slope, i) => (dBias[i % filters]! += slope));
  for (let image = 0; image < images; image++)
    forEachPair({ from, to: layer.output, window: layer }, (input, output, tap) => {
      for (let c = 0; c < channels; c++)
        for (let f = 0; f < filters; f++) {
          const at = (image * inputs + input) * channels + c;
          const to = (image * outputs + output) * filters + f;
          const weight = (tap * channels + c) * filters + f;
          y[to]! += x[at]! * kernel[weight]!;
          dKernel[weight]! += x[at]! * dy[to]!;
          dx[at]! += kernel[weight]! * dy[to]!;
        }
    });
  return { y, dKernel, dBias, dx };
}

function numbers(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * (seed + 0.7) * 12.9898));
}
