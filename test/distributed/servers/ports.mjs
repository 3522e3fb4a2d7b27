import { createServer } from 'node:net';

// Below the range from which systems take the ports of outgoing connections, so that none of those sits on a server's
// port while the server is down; 10,000 more is below it too, and above all others.
const lowest = 10_300;
const highest = 20_300;
const furthestNeighbour = 3;

// A port is taken a while after it was chosen. So the workers of a run choose from ranges of their own, and what starts
// the servers that they share from another; and none chooses a port twice.
const size = Math.floor((highest - lowest) / 4);
const first = lowest + (Number(process.env.VITEST_POOL_ID ?? 0) % 4) * size;
const given = new Set();

/**
 * A port such that it and its neighbours are free on the loopback interface.
 *
 * @param offsets of the neighbours: `[1]` asks for the next port as well
 */
export async function freePort(offsets = []) {
  for (;;) {
    const port = first + Math.floor(Math.random() * (size - furthestNeighbour));
    const ports = [0, ...offsets].map((offset) => port + offset);
    if (ports.some((each) => given.has(each))) continue;
    ports.forEach((each) => given.add(each));
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return port;
  }
}

/** Whether nothing listens on a port of the loopback interface. */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
