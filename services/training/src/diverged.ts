import { PlatformError } from '@palimpsest/contracts';

/** A mean cross-entropy that no training comes back from, in nats: one in e^1000 for the right class. */
const explodedLoss = 1000;

/** A training whose loss is no number any more, or too large to come down again. */
export class DivergedError extends PlatformError {
  constructor(message: string) {
    super('invalid', `${message}; a lower learning rate may help`);
  }
}

/** @param what which loss, and where in the training. @throws DivergedError */
export function requireFinite(loss: number, what: string): void {
  if (!Number.isFinite(loss)) throw new DivergedError(`${what}: expected a finite number, found ${loss}`);
}

/** @param loss the mean of an epoch. @param what which loss, and where in the training. @throws DivergedError */
export function requireBelowExplosion(loss: number, what: string): void {
  if (loss < explodedLoss) return;
  const found = loss.toPrecision(3);
  throw new DivergedError(`${what}: expected less than ${explodedLoss} nats, found ${found}`);
}
