import { createServer } from 'node:net';

// Below the range from which systems take the ports of outgoing connections, so that none of those sits on a server's
// port while the server is down, and 10,000 more is below it too.
const lowest = 10_300;
const highest = 22_700;

/**
 * A port such that it and its neighbours are free on the loopback interface.
 *
 * @param offsets of the neighbours: `[1]` asks for the next port as well
 */
export async function freePort(offsets = []) {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const free = await Promise.all([0, ...offsets].map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}

/** The address that servers listen on: `options.address`, or the loopback interface's. */
export const addressOf = (options = {}) => options.address ?? '127.0.0.1';

/** Whether nothing listens on a port of the loopback interface. */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
