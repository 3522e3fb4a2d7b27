import { ProtobufWriter } from './protobuf.js';

export type ElementType = 'float32' | 'int32' | 'int64';
/** A length, or the name of one that is only known when the graph runs. */
export type Dimension = number | string;
/** Integers are ints; a float says so. */
export type Attribute = number | string | readonly number[] | { float: number };

interface Node {
  operator: string;
  name: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

interface Constant {
  type: ElementType;
  shape: readonly number[];
  data: Float32Array | Int32Array | BigInt64Array;
}

interface Port {
  name: string;
  type: ElementType;
  shape: readonly Dimension[];
}

/** Numbers of element types in ONNX, as files and `Cast` use them. */
export const typeCodes: Record<ElementType, number> = { float32: 1, int32: 6, int64: 7 };
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 };
const irVersion = 9;
const opset = 18;

/** An ONNX graph under construction. Values are known by name; a node must follow those that make its inputs. */
export class Graph {
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #inputs: Port[] = [];
  readonly #outputs: Port[] = [];

  /** Adds an operator of one output. @param output name of the result, where it matters @returns that name */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `${operator}_${this.#nodes.length}`,
  ): string {
    this.#nodes.push({ operator, name: output, inputs, outputs: [output], attributes });
    return output;
  }

  /** Cuts a vector into named pieces, or a matrix along another axis. */
  split(value: string, pieces: readonly { name: string; length: number }[], axis = 0): void {
    const lengths = this.integers(pieces.map(({ length }) => length));
    const outputs = pieces.map(({ name }) => name);
    this.#nodes.push({
      operator: 'Split',
      name: `Split_${this.#nodes.length}`,
      inputs: [value, lengths],
      outputs,
      attributes: { axis },
    });
  }

  input(name: string, shape: readonly Dimension[], type: ElementType = 'float32'): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Declares a value to be a result of the graph. */
  output(name: string, shape: readonly Dimension[]): void {
    this.#outputs.push({ name, type: 'float32', shape });
  }

  /** A constant scalar. */
  scalar(value: number): string {
    return this.#keep(`scalar_${value}`, () => ({
      type: 'float32',
      shape: [],
      data: Float32Array.of(value),
    }));
  }

  /** A constant vector of int64: shapes and axes. */
  integers(values: readonly number[]): string {
    const data = () => BigInt64Array.from(values, BigInt);
    return this.#keep(`integers_${values.join('_')}`, () => ({
      type: 'int64',
      shape: [values.length],
      data: data(),
    }));
  }

  /** A constant tensor, made once for each name. */
  constant(name: string, shape: readonly number[], make: () => Float32Array | Int32Array): string {
    return this.#keep(name, () => {
      const data = make();
      return { type: data instanceof Float32Array ? 'float32' : 'int32', shape, data };
    });
  }

  /** The graph as a model file that any ONNX runtime reads. */
  encode(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const model = new ProtobufWriter();
    model.integer(1, irVersion);
    model.text(2, 'palimpsest');
    model.message(7, (graph) => {
      for (const node of this.#needed()) graph.message(1, (field) => writeNode(field, node));
      graph.text(2, 'graph');
      for (const [name, constant] of this.#constants)
        graph.message(5, (field) => writeTensor(field, name, constant));
      for (const port of this.#inputs) graph.message(11, (field) => writePort(field, port));
      for (const port of this.#outputs) graph.message(12, (field) => writePort(field, port));
    });
    model.message(8, (operators) => {
      operators.text(1, '');
      operators.integer(2, opset);
    });
    for (const [key, value] of Object.entries(metadata)) {
      model.message(14, (entry) => {
        entry.text(1, key);
        entry.text(2, value);
      });
    }
    return model.finish();
  }

  /** Nodes that an output depends on, in their order. */
  #needed(): Node[] {
    const wanted = new Set(this.#outputs.map(({ name }) => name));
    const needed = this.#nodes.toReversed().filter(({ outputs, inputs }) => {
      if (!outputs.some((output) => wanted.has(output))) return false;
      inputs.forEach((input) => wanted.add(input));
      return true;
    });
    return needed.reverse();
  }

  #keep(name: string, make: () => Constant): string {
    if (!this.#constants.has(name)) this.#constants.set(name, make());
    return name;
  }
}

function writeNode(writer: ProtobufWriter, node: Node): void {
  for (const input of node.inputs) writer.text(1, input);
  for (const output of node.outputs) writer.text(2, output);
  writer.text(3, node.name);
  writer.text(4, node.operator);
  for (const [name, value] of Object.entries(node.attributes)) {
    writer.message(5, (field) => writeAttribute(field, name, value));
  }
}

function writeAttribute(writer: ProtobufWriter, name: string, value: Attribute): void {
  writer.text(1, name);
  if (typeof value === 'number') {
    writer.integer(3, value);
    writer.integer(20, attributeTypes.int);
  } else if (typeof value === 'string') {
    writer.text(4, value);
    writer.integer(20, attributeTypes.string);
  } else if ('float' in value) {
    writer.float(2, value.float);
    writer.integer(20, attributeTypes.float);
  } else {
    for (const integer of value) writer.integer(8, integer);
    writer.integer(20, attributeTypes.ints);
  }
}

function writeTensor(writer: ProtobufWriter, name: string, { type, shape, data }: Constant): void {
  for (const length of shape) writer.integer(1, length);
  writer.integer(2, typeCodes[type]);
  writer.text(8, name);
  writer.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writePort(writer: ProtobufWriter, { name, type, shape }: Port): void {
  writer.text(1, name);
  writer.message(2, (valueType) =>
    valueType.message(1, (tensor) => {
      tensor.integer(1, typeCodes[type]);
      tensor.message(2, (dimensions) => {
        for (const length of shape) {
          dimensions.message(1, (field) => {
            if (typeof length === 'string') field.text(2, length);
            else field.integer(1, length);
          });
        }
      });
    }),
  );
}
