import type { ProtocolName } from '@palimpsest/contracts';

/** With so many decimals and a real minus sign. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

/** As `fixed`, with a plus sign before what is above 0. */
export function signed(value: number, digits: number): string {
  const text = fixed(value, digits);
  return text.startsWith('−') || Number(text) === 0 ? text : `+${text}`;
}

/** Thousands with a thin space, as in 10 015. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** "1 image", "2 images". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** p values: as small as they are worth telling. */
export function pValue(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** "−1.0 to 5.6". */
export function range(low: number, high: number, digits: number): string {
  return `${fixed(low, digits)} to ${fixed(high, digits)}`;
}

/** "a, b and c". */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

/** A mean AUC × 100 with one decimal. */
export function hundredfold(mean: number): string {
  return fixed(mean * 100, 1);
}

/**
 * A standard deviation of AUC × 100 with one decimal. The paper's were rounded twice, to two decimals and then to one,
 * halves up (0.648 became 0.65 and 0.7); under its protocols ours are too, so that the tables can be laid side by side.
 */
export function hundredfoldSd(sd: number, protocol: ProtocolName): string {
  return protocol === 'audited' ? fixed(sd * 100, 1) : fixed(Math.round(Math.round(sd * 1e4) / 10) / 10, 1);
}
