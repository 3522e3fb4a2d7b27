import * as h5wasm from 'h5wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { readHdf5 } from './hdf5.js';

beforeAll(async () => {
  await h5wasm.ready;
});

const count = 3000;
const wave = Float32Array.from({ length: count }, (_, i) => Math.sin(i));

/** An HDF5 file with a group a layer, as the library itself writes it. */
function aFile(write: (file: h5wasm.File) => void): Uint8Array {
  const file = new h5wasm.File('made.h5', 'w');
  write(file);
  file.flush();
  file.close();
  const bytes = h5wasm.FS!.readFile('made.h5');
  h5wasm.FS!.unlink('made.h5');
  return bytes;
}

const layers = (...names: string[]) =>
  aFile((file) => {
    for (const name of names) {
      file.create_group(name).create_dataset({ name: 'kernel:0', data: wave, shape: [3, 1000] });
    }
  });

describe('readHdf5', () => {
  it('reads every tensor by its path, float64 too, and leaves the optimiser out', async () => {
    const bytes = aFile((file) => {
      const a = file.create_group('a');
      a.create_dataset({ name: 'kernel:0', data: wave, shape: [3, 1000] });
      file.create_group('optimizer_weights').create_dataset({ name: 'm', data: wave });
      a.create_dataset({ name: 'double', data: Float64Array.of(0.5, 2) });
    });
    const { tensors } = await readHdf5(bytes);
    expect([...tensors.keys()]).toEqual(['a/double', 'a/kernel:0']);
    expect(tensors.get('a/kernel:0')).toEqual({ shape: [3, 1000], data: wave });
    expect(tensors.get('a/double')?.data).toEqual(Float32Array.of(0.5, 2));
  });

  it('reads the names that groups of variables carry', async () => {
    const bytes = aFile((file) => {
      const vars = file.create_group('layers').create_group('conv2d').create_group('vars');
      vars.create_attribute('name', 'conv1_conv');
      vars.create_dataset({ name: '0', data: wave });
    });
    expect((await readHdf5(bytes)).names).toEqual(new Map([['layers/conv2d', 'conv1_conv']]));
  });

  it('names the first tensor that a file which is cut off lacks', async () => {
    const bytes = layers('a', 'b', 'c');
    const cut = bytes.slice(0, bytes.length - 4000);
    await expect(readHdf5(cut)).rejects.toThrow(
      `hdf5: truncated: expected ${bytes.length} bytes, found ${cut.length}; "`,
    );
    await expect(readHdf5(cut)).rejects.toThrow(/"[abc]\/kernel:0" is not whole$/);
  });

  it('says so when nothing but the beginning is there', async () => {
    const bytes = layers('a');
    await expect(readHdf5(bytes.slice(0, 200))).rejects.toThrow(
      `truncated: expected ${bytes.length} bytes, found 200`,
    );
    await expect(readHdf5(bytes.slice(0, 20))).rejects.toThrow(/hdf5: expected a readable file/);
  });

  it('refuses other numbers, naming the tensor', async () => {
    const bytes = aFile((file) => {
      file.create_group('a').create_dataset({ name: 'kernel', data: Int32Array.of(1, 2) });
    });
    await expect(readHdf5(bytes)).rejects.toThrow(
      new TypeError('hdf5: "a/kernel": expected float32 or float64, found <i'),
    );
  });

  it('can be called again and again, and at the same time', async () => {
    const files = [layers('a'), layers('b'), layers('a').slice(0, 3000)];
    const read = await Promise.allSettled(files.concat(files).map((bytes) => readHdf5(bytes)));
    expect(read.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'rejected'],
      ...['fulfilled', 'fulfilled', 'rejected'],
    ]);
  });
});
