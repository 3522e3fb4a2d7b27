import type * as h5wasm from 'h5wasm';

export type Hdf5Library = typeof h5wasm;

let loading: Promise<Hdf5Library> | undefined;

/** The library, loaded when it is first wanted. */
export function loadHdf5(): Promise<Hdf5Library> {
  loading ??= (async () => {
    const library = await import('h5wasm');
    // Else a read that fails is a line on the console and a buffer of whatever was in memory.
    (await library.ready).activate_throwing_error_handler();
    return library;
  })();
  return loading;
}
