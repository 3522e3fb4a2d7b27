import { describeBusDriver } from './bus-conformance.js';
import { MemoryBus } from './memory-bus.js';

describeBusDriver('MemoryBus', () => {
  const bus = new MemoryBus();
  return Promise.resolve({ connect: () => Promise.resolve(bus) });
});
