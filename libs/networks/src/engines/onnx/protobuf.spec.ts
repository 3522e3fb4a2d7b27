import { expect, it } from 'vitest';
import { ProtobufWriter } from './protobuf.js';

function written(write: (writer: ProtobufWriter) => void): number[] {
  const writer = new ProtobufWriter();
  write(writer);
  return [...writer.finish()];
}

it('writes the examples of the encoding guide', () => {
  expect(written((writer) => writer.integer(1, 150))).toEqual([0x08, 0x96, 0x01]);
  expect(written((writer) => writer.text(2, 'testing'))).toEqual([0x12, 0x07, ...Buffer.from('testing')]);
  expect(written((writer) => writer.message(3, (inner) => inner.integer(1, 150)))).toEqual([
    0x1a, 3, 0x08, 0x96, 0x01,
  ]);
});

it('writes negative integers as ten bytes, large ones whole, and floats as four', () => {
  expect(written((writer) => writer.integer(1, -1))).toEqual([0x08, ...Array<number>(9).fill(0xff), 0x01]);
  expect(written((writer) => writer.integer(1, 2 ** 40))).toEqual([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
  expect(written((writer) => writer.float(2, 1))).toEqual([0x15, 0, 0, 0x80, 0x3f]);
});
