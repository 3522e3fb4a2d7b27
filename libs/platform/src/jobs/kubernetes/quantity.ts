import { PlatformError } from '@palimpsest/contracts';

const factors: Record<string, number> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/**
 * A quantity as Kubernetes writes it, such as `500m`, `2Gi` or `1e9`, as a number.
 * @throws PlatformError `invalid`
 */
export function quantityOf(text: string | number): number {
  const [, number = '', suffix = ''] =
    /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(`${text}`) ?? [];
  const factor = factors[suffix];
  if (number !== '' && factor !== undefined) return Number(number) * factor;
  throw new PlatformError('invalid', `expected a quantity such as 500m or 2Gi, found "${text}"`);
}

/** So many bytes, for people: `2.1 GB`. */
export function sizeOf(quantity: string | number): string {
  const bytes = quantityOf(quantity);
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
