import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../servers/ports.mjs';
import { randomFrom } from '../../support/random.mjs';

/**
 * What may go wrong with a request; the first rule that is drawn for it holds. `share` is in [0, 1]. A rule without
 * `methods` is for all of them.
 */
export type Fault = { share: number; methods?: readonly string[] } & (
  | /** Answered with this status, and not passed on. */
    { kind: 'status'; status: number; code?: string }
  | /** Passed on, later. */ {
      kind: 'delay';
      ms: number;
    } /** Passed on; of the answer's body no more than this share comes before the connection ends. */
  | {
      kind: 'cut';
      keep: number;
    } /** The connection ends before the request is passed on, or, with `after`, before its answer comes back. */
  | { kind: 'reset'; after?: boolean }
);

/** An HTTP server that passes requests on to another, and lets some go wrong. */
export interface FaultyProxy {
  /** Such as `http://127.0.0.1:40123`. */
  origin: string;
  port: number;
  /** How often each kind has happened. */
  readonly happened: Readonly<Record<Fault['kind'] | 'refused', number>>;
  /** From now on. */
  setFaults(faults: readonly Fault[]): void;
  /** Refuses connections for so long, and breaks those that are open. */
  refuse(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What a proxy is started with. */
export interface FaultyProxyOptions {
  /** Where requests go, such as `http://127.0.0.1:9000`. */
  target: string;
  faults?: readonly Fault[];
  /** The same seed draws the same faults for the same requests in the same order. */
  seed: number;
}

/** Starts a proxy on the loopback interface. */
export async function startFaultyProxy(options: FaultyProxyOptions): Promise<FaultyProxy> {
  const random = randomFrom(options.seed);
  const happened = { status: 0, delay: 0, cut: 0, reset: 0, refused: 0 };
  let faults = options.faults ?? [];
  const server = createServer((incoming, outgoing) => {
    const fault = drawn(faults, incoming.method ?? '', random);
    if (fault) happened[fault.kind]++;
    // Whoever asked sees the connection end; the proxy has nobody to tell.
    handle(options.target, fault, incoming, outgoing).catch(() => outgoing.destroy());
  });
  const port = await listen(server, await freePort());
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    happened,
    setFaults: (next) => (faults = next),
    refuse: async (ms) => {
      happened.refused++;
      await close(server);
      await sleep(ms);
      await listen(server, port);
    },
    close: () => close(server),
  };
}

/** One draw for each rule, whatever came of the others: so a rule more does not change the draws of the next request. */
function drawn(faults: readonly Fault[], method: string, random: () => number): Fault | undefined {
  const hit = faults.filter(({ share, methods }) => random() < share && (methods?.includes(method) ?? true));
  return hit[0];
}

async function handle(
  target: string,
  fault: Fault | undefined,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (fault?.kind === 'status') {
    refuseWith(fault, incoming, outgoing);
    return;
  }
  if (fault?.kind === 'reset' && !fault.after) return void incoming.socket.resetAndDestroy();
  if (fault?.kind === 'delay') await sleep(fault.ms);
  const answer = await passOn(target, incoming);
  if (fault?.kind === 'reset') {
    answer.destroy();
    return void incoming.socket.resetAndDestroy();
  }
  outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  if (fault?.kind === 'cut') await passPart(answer, outgoing, fault.keep);
  else answer.on('error', () => outgoing.destroy()).pipe(outgoing);
}

function refuseWith(
  { status, code = 'SlowDown' }: Fault & { kind: 'status' },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  incoming.resume().once('end', () => {
    outgoing.writeHead(status, { 'content-type': 'application/xml' });
    outgoing.end(`<Error><Code>${code}</Code><Message>drawn by the proxy</Message></Error>`);
  });
}

/** With the headers as they came: they are signed. */
function passOn(target: string, incoming: IncomingMessage): Promise<IncomingMessage> {
  const { hostname, port } = new URL(target);
  const { method, url: path, headers } = incoming;
  return new Promise((resolve, reject) => {
    const onwards = request({ hostname, port, method, path, headers, agent: false }, resolve);
    onwards.once('error', reject);
    incoming.once('error', reject).pipe(onwards);
  });
}

/** The length in the header stays what it was, so whoever counts can tell. */
async function passPart(answer: IncomingMessage, outgoing: ServerResponse, keep: number): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of answer as AsyncIterable<Buffer>) parts.push(part);
  const body = Buffer.concat(parts);
  await new Promise<void>((resolve) => {
    outgoing.write(body.subarray(0, Math.floor(body.length * keep)), () => resolve());
  });
  outgoing.socket?.destroySoon();
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
