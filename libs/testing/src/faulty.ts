/** What the nth call of a method, from 1, fails with; undefined lets it through. */
export type Fault = (call: number) => Error | undefined;

/** The first `times` calls fail. */
export const first =
  (times: number, error: Error): Fault =>
  (call) =>
    call <= times ? error : undefined;

/**
 * A driver some of whose calls fail before they do anything:
 * `faulty(new MemoryStore(), { write: first(2, new Error('disk full')) })`.
 */
export function faulty<T extends object>(driver: T, faults: Partial<Record<keyof T, Fault>>): T {
  const calls = new Map<PropertyKey, number>();
  return new Proxy(driver, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const call = (calls.get(name) ?? 0) + 1;
        calls.set(name, call);
        const error = faults[name as keyof T]?.(call);
        return error ? Promise.reject(error) : (member.apply(target, args) as unknown);
      };
    },
  });
}
