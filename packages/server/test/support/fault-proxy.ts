import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** What happens to connections. `ok` passes all on. */
export type Fault =
  | { kind: 'ok' }
  /** Cut as they come. */
  | { kind: 'refuse' }
  /** Reset once so many bytes of the answer have passed. */
  | { kind: 'reset-answer'; afterBytes: number }
  /** Reset once so many bytes of the request have passed. */
  | { kind: 'reset-request'; afterBytes: number }
  /** Nothing passes, neither way, until the fault is changed. */
  | { kind: 'stall' }
  | { kind: 'latency'; ms: number };

/** A TCP proxy that fails as it is told. */
export interface FaultProxy {
  port: number;
  /** Connections that came so far. */
  readonly connections: number;
  /** Holds for new connections, and cuts those that there are. */
  set(fault: Fault): void;
  close(): Promise<void>;
}

export async function openFaultProxy(targetPort: number): Promise<FaultProxy> {
  let fault: Fault = { kind: 'ok' };
  let connections = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const server = createServer((client) => {
    connections++;
    keep(client);
    if (fault.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    if (fault.kind === 'stall') return;
    const target = connect(targetPort, '127.0.0.1');
    keep(target);
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
    const reset = () => client.resetAndDestroy();
    client.pipe(passing(fault, 'reset-request', reset)).pipe(target);
    target.pipe(passing(fault, 'reset-answer', reset)).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    set: (next) => {
      fault = next;
      cut();
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

function passing(fault: Fault, own: 'reset-request' | 'reset-answer', reset: () => void): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      if (fault.kind === 'latency') {
        setTimeout(() => done(null, chunk), fault.ms);
      } else if (fault.kind === own && passed + chunk.length >= fault.afterBytes) {
        const rest = chunk.subarray(0, fault.afterBytes - passed);
        passed = fault.afterBytes;
        done(null, rest);
        setImmediate(reset);
      } else {
        passed += chunk.length;
        done(null, chunk);
      }
    },
  });
}
