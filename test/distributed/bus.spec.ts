import { describe, inject, it } from 'vitest';
import { describeBusDriver } from '../../libs/platform/src/bus/bus-conformance.js';
import { corner, kafkaClients, newerGroups } from './support/kafka-bus.js';

const { kafka } = inject('servers');
// A group gathers within seconds; a member may be silent for six, so one that does not leave is missed after five.
const patience = { withinMs: 15_000, longMs: 9000, takeOverMs: 4500, quietMs: 800 };

for (const [name, options] of [...kafkaClients, newerGroups])
  if (kafka)
    describeBusDriver(name, () => Promise.resolve(corner(kafka.url, options)), {
      ...patience,
      // Members of the newer kind ask the broker every five seconds, as it tells them to.
      ...(name === newerGroups[0] && { takeOverMs: 8000 }),
    });
  else describe(name, () => it.skip('is a bus driver (no Kafka)'));
