import type { NetworkOptions } from '../network.js';
import type { NetworkBuilder } from './network-builder.js';

/** What every network ends in: `avg_pool`, `dropout` where there is any, and the dense layer `predictions`. */
export function head(
  net: NetworkBuilder,
  input: string,
  { classes, dropout }: Pick<NetworkOptions, 'classes' | 'dropout'>,
): void {
  const pooled = net.globalAveragePool('avg_pool', input);
  const last = dropout > 0 ? net.dropout('dropout', pooled, dropout) : pooled;
  net.classifier('predictions', last, classes);
}
