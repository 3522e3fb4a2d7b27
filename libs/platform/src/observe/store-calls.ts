import { PlatformError } from '@palimpsest/contracts';
import type { StoreDriver } from '../store/store.js';

/** One call to a store, as it went. */
export interface StoreCall {
  /** The method: write, read, exists, list, delete. */
  operation: string;
  seconds: number;
  /** Written or read. */
  bytes: number;
  /** Why it failed; absent when it did not. */
  code?: string;
}

type Method = (...args: unknown[]) => unknown;

/** The same store; `tell` hears of every call when it is over. */
export function measured(driver: StoreDriver, tell: (call: StoreCall) => void): StoreDriver {
  return new Proxy(driver, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || typeof name === 'symbol') return member;
      const method = member as Method;
      return (...args: unknown[]) => {
        const watch = new Watch(name, tell, sizeOf(args[1]));
        return watch.follow(() => method.apply(target, args));
      };
    },
  });
}

const sizeOf = (value: unknown) => (value instanceof Uint8Array ? value.byteLength : 0);
const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;
const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** Times one call, whether it gives a promise, or something to iterate, whose time is that of its reader too. */
class Watch {
  readonly #started = performance.now();

  constructor(
    private readonly operation: string,
    private readonly tell: (call: StoreCall) => void,
    private bytes: number,
  ) {}

  follow(call: () => unknown): unknown {
    try {
      const result = call();
      if (isPromise(result)) return this.#settled(result);
      return isIterable(result) ? this.#iterated(result) : result;
    } catch (error) {
      this.#over(error);
      throw error;
    }
  }

  async #settled(result: Promise<unknown>): Promise<unknown> {
    try {
      const value = await result;
      this.bytes += sizeOf(value);
      this.#over();
      return value;
    } catch (error) {
      this.#over(error);
      throw error;
    }
  }

  async *#iterated(result: AsyncIterable<unknown>): AsyncIterable<unknown> {
    let failure: unknown;
    try {
      for await (const each of result) {
        this.bytes += sizeOf(each);
        yield each;
      }
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.#over(failure);
    }
  }

  #over(error?: unknown): void {
    const seconds = (performance.now() - this.#started) / 1000;
    const code = error instanceof PlatformError ? error.code : 'bug';
    this.tell({
      operation: this.operation,
      seconds,
      bytes: this.bytes,
      ...(error !== undefined && { code }),
    });
  }
}
