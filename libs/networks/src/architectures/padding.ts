import type { Padding, Shape, Window } from '../network.js';

/** As many rows and columns on every side, or Keras' `same`. */
export type PaddingRule = number | 'same';

/**
 * Rows and columns around an image under a rule.
 *
 * `same` pads so that the window takes ⌈length / stride⌉ places, one more after than before where the number is odd,
 * as TensorFlow does.
 */
export function paddingOf(
  rule: PaddingRule,
  from: Shape,
  { kernel: [rows, columns], stride }: Omit<Window, 'padding'>,
): Padding {
  if (rule !== 'same') return { top: rule, left: rule, bottom: rule, right: rule };
  const [top, bottom] = same(from.height, rows, stride);
  const [left, right] = same(from.width, columns, stride);
  return { top, left, bottom, right };
}

function same(length: number, size: number, stride: number): [before: number, after: number] {
  const reach = (Math.ceil(length / stride) - 1) * stride + size;
  const missing = Math.max(reach - length, 0);
  return [Math.floor(missing / 2), Math.ceil(missing / 2)];
}
