import { opcodes } from './pickle-opcodes.js';
import { PickleMachine, type PickleWorld } from './pickle-machine.js';

/**
 * Reads one pickle without running anything: a global that `world` does not list is an error, and those it lists are
 * functions and values of ours. Dictionaries become Maps, tuples and lists arrays.
 *
 * @param at where the pickle begins
 * @returns the value, and where the pickle ends
 * @throws RangeError when it ends early or is malformed; TypeError naming a global that is not allowed, or an
 *   operation that no file of weights needs
 *
 * Reference: https://github.com/python/cpython/blob/main/Lib/pickletools.py describes every opcode, protocols 0 to 5.
 */
export function unpickle(bytes: Uint8Array, world: PickleWorld, at = 0): { value: unknown; end: number } {
  const machine = new PickleMachine(bytes, world, at);
  for (;;) {
    const place = machine.at;
    const code = machine.byte();
    if (code === stop) return { value: machine.pop(), end: machine.at };
    const run = opcodes.get(code);
    if (!run) {
      const hex = `0x${code.toString(16).padStart(2, '0')}`;
      throw new TypeError(`pickle: byte ${place}: expected an operation that weights need, found ${hex}`);
    }
    run(machine);
  }
}

const stop = 0x2e;
